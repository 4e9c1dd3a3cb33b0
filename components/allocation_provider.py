"""The allocation as a resource of the stack, so that the state stores the assignments.

`check` does the work, as in Pulumi's autonaming: it gets the previous inputs and returns the inputs to store, so that a
preview already has the assignments. The live port maps are inputs, but are not stored, because other tenants change
them and such a change is not a change of this stack.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime.rpc import UNKNOWN

from components.allocation import AllocationError, AllocationRequest, Assignment, Inventory, allocate

_log = logging.getLogger(__name__)

_ASSIGNMENTS = "assignments"


class AllocationProvider(ResourceProvider):
    """Convert properties; `components.allocation` decides."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        previous = assignments_of(_olds.get(_ASSIGNMENTS, {}))
        requests = {
            node: AllocationRequest(request["pool"], request.get("identity"), int(request["ports"]))
            for node, request in news["wishes"].items()
        }
        inventory = Inventory(
            pools={pool: tuple(identities) for pool, identities in news["pools"].items()},
            first_port=int(news["firstPort"]),
            last_port=int(news["lastPort"]),
            foreign_ports=_foreign_ports(news, set(requests)),
            retired=frozenset(news["retired"]),
        )
        try:
            result = allocate(requests, previous, inventory)
        except AllocationError as error:
            # With a property's name, the engine would print all requests before the problem.
            return CheckResult(news, [CheckFailure("", problem) for problem in error.problems])
        _log.debug("allocation: %s", result)
        return CheckResult({_ASSIGNMENTS: {node: asdict(assignment) for node, assignment in result.items()}}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds.get(_ASSIGNMENTS) != _news.get(_ASSIGNMENTS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("allocation", {_ASSIGNMENTS: props[_ASSIGNMENTS]})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({_ASSIGNMENTS: _news[_ASSIGNMENTS]})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Only the state has an allocation."""


class Allocation(Resource, module="hoprd", name="Allocation"):
    """The allocation of a stack. `assignments` has the assignment of each node by name."""

    assignments: pulumi.Output[Mapping[str, Mapping[str, Any]]]

    def __init__(
        self,
        name: str,
        *,
        requests: Mapping[str, AllocationRequest],
        inventory: Inventory,
        namespace: str,
        live_port_maps: pulumi.Input[list[Any]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`live_port_maps` is the data of both ConfigMaps. `foreign_ports` come from it and not from `inventory`."""
        props = {
            "wishes": {node: asdict(request) for node, request in requests.items()},
            "pools": {pool: list(identities) for pool, identities in inventory.pools.items()},
            "retired": sorted(inventory.retired),
            "firstPort": inventory.first_port,
            "lastPort": inventory.last_port,
            "namespace": namespace,
            "livePortMaps": live_port_maps,
            _ASSIGNMENTS: None,
        }
        super().__init__(AllocationProvider(), name, props, opts)

    def of(self, node: str) -> pulumi.Output[Assignment]:
        """The assignment of one node; a preview has it too."""
        return self.assignments.apply(lambda stored: _assignment(stored[node]))


def assignments_of(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Assignment]:
    """Convert the stored assignments, by node."""
    return {node: _assignment(values) for node, values in stored.items()}


def _assignment(stored: Mapping[str, Any]) -> Assignment:
    """Pulumi returns numbers as floats."""
    return Assignment(stored["pool"], stored["identity"], int(stored["first_port"]), int(stored["ports"]))


def _foreign_ports(news: Mapping[str, Any], nodes: Collection[str]) -> frozenset[int]:
    """Ports whose live entry (`<namespace>/<service>:<port>`) does not name a node of this stack.

    If the state was lost, the entries of the stack's own nodes still exist and their ports are not foreign.
    """
    maps = news["livePortMaps"]
    if maps == UNKNOWN:  # a preview of a cluster that does not exist yet
        return frozenset()
    ours = {f"{news['namespace']}/{node}" for node in nodes}
    return frozenset(
        int(port)
        for entries in maps
        if entries and entries != UNKNOWN
        for port, target in entries.items()
        if port.isdigit() and target.rsplit(":", 1)[0] not in ours
    )
