"""Makes the allocation a resource of the stack, so that what was given is remembered.

The work is done in `check`, as Pulumi's own providers do autonaming: it is given the inputs of last time and returns
those to be stored, so that assignments are known in a preview already. The live port maps go in and are not stored:
they change with every other tenant, and that is no change of ours.
"""

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

from components.allocation import AllocationError, AllocationRequest, Assignment, Supply, allocate

_KEPT = "assignments"


class AllocationProvider(ResourceProvider):
    """Translates; every decision is in `components.allocation`."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        given = assignments_of(_olds.get(_KEPT, {}))
        requests = {
            node: AllocationRequest(request["pool"], request.get("identity"), int(request["ports"]))
            for node, request in news["wishes"].items()
        }
        supply = Supply(
            pools={pool: tuple(identities) for pool, identities in news["pools"].items()},
            first_port=int(news["firstPort"]),
            last_port=int(news["lastPort"]),
            foreign_ports=_foreign_ports(news, set(requests)),
            retired=frozenset(news["retired"]),
        )
        try:
            result = allocate(requests, given, supply)
        except AllocationError as error:
            # Without a property's name the engine shows the problem alone, and not all the wishes before it.
            return CheckResult(news, [CheckFailure("", problem) for problem in error.problems])
        return CheckResult({_KEPT: {node: asdict(has) for node, has in result.items()}}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds.get(_KEPT) != _news.get(_KEPT))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("allocation", {_KEPT: props[_KEPT]})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({_KEPT: _news[_KEPT]})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Nothing but the memory of it exists."""


class Allocation(Resource, module="hoprd", name="Allocation"):
    """The one allocation of a stack; `assignments` maps each node's name to what it has."""

    assignments: pulumi.Output[Mapping[str, Mapping[str, Any]]]

    def __init__(
        self,
        name: str,
        *,
        requests: Mapping[str, AllocationRequest],
        supply: Supply,
        namespace: str,
        live_port_maps: pulumi.Input[list[Any]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`live_port_maps` is the data of both ConfigMaps; foreign ports are read from it, not from `supply`."""
        props = {
            "wishes": {node: asdict(request) for node, request in requests.items()},
            "pools": {pool: list(identities) for pool, identities in supply.pools.items()},
            "retired": sorted(supply.retired),
            "firstPort": supply.first_port,
            "lastPort": supply.last_port,
            "namespace": namespace,
            "livePortMaps": live_port_maps,
            _KEPT: None,
        }
        super().__init__(AllocationProvider(), name, props, opts)

    def of(self, node: str) -> pulumi.Output[Assignment]:
        """What one node has; known in a preview too."""
        return self.assignments.apply(lambda stored: _assignment(stored[node]))


def assignments_of(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Assignment]:
    """All assignments as they are stored, by node."""
    return {node: _assignment(has) for node, has in stored.items()}


def _assignment(stored: Mapping[str, Any]) -> Assignment:
    """Numbers come back from Pulumi as floats."""
    return Assignment(stored["pool"], stored["identity"], int(stored["first_port"]), int(stored["ports"]))


def _foreign_ports(news: Mapping[str, Any], nodes: Collection[str]) -> frozenset[int]:
    """Ports whose live entry (`<namespace>/<service>:<port>`) names anything but a node of this stack.

    Where the state was lost, the entries of its nodes are still there.
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
