"""The allocation as a resource of the stack, so that the state stores the assignments and the claim.

`check` does the work, as in Pulumi's autonaming: it gets the previous inputs and returns the inputs to store, so that a
preview already has the assignments and reports what stands in the way. `create` and `update` publish the ports, before
any object exists that uses them; a run that loses a race for ports stores nothing, and the next one takes other ports.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

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

from components.allocation import AllocationError, AllocationRequest, Assignment, Inventory, allocate
from components.claim import Claim, Examined, Place, blocked, examine, foreign_ports
from components.cluster import namespaces, port_maps
from components.manifests import names
from config.errors import HoprdError
from identity.cluster.api import ClusterApi
from identity.configured import abort_with_message, notify

_log = logging.getLogger(__name__)

_ASSIGNMENTS = "assignments"


class AllocationProvider(ResourceProvider):
    """Convert properties; `components.allocation` and `components.claim` decide."""

    serialize_as_secret_always = False
    connect: ClassVar[type[ClusterApi]] = ClusterApi

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        place, before = Place.of(news["place"]), Claim.of(_olds)
        try:
            examined = self._examine(place, news, before)
        except HoprdError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        problems = list(examined.problems)
        previous = assignments_of(_olds.get(_ASSIGNMENTS, {}))
        requests = {
            node: AllocationRequest(request["pool"], request.get("identity"), int(request["ports"]))
            for node, request in news["wishes"].items()
        }
        kept = {node: assignment for node, assignment in previous.items() if node in requests}
        taken = blocked(examined.claim, examined.live, kept)
        if before.of_earlier_release:  # it may never have published these ports
            previous = {node: assignment for node, assignment in previous.items() if node not in taken}
        else:
            problems += _taken_problems(taken)
        inventory = Inventory(
            pools={pool: tuple(identities) for pool, identities in news["pools"].items()},
            first_port=int(news["firstPort"]),
            last_port=int(news["lastPort"]),
            foreign_ports=foreign_ports(place, examined.live, set(requests)),
            retired=frozenset(news["retired"]),
        )
        try:
            result = allocate(requests, previous, inventory)
        except AllocationError as error:
            problems += error.problems
        if problems:
            # With a property's name, the engine would print all requests before the problem.
            return CheckResult(news, [CheckFailure("", problem) for problem in problems])
        for notice in examined.notices:
            notify(notice)
        _log.debug("allocation: %s", result)
        stored = {node: asdict(assignment) for node, assignment in result.items()}
        return CheckResult({_ASSIGNMENTS: stored, **examined.claim.stored()}, [])

    def _examine(self, place: Place, news: Mapping[str, Any], before: Claim) -> Examined:
        try:
            with self.connect(place.context) as api:
                return examine(api, place, news["objects"], before)
        except HoprdError:
            if not news["preview"]:
                raise
            _log.debug("the preview does not look at the cluster", exc_info=True)
            return examine(None, place, news["objects"], before)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_stored(_olds) != _stored(_news) or bool(self._missing_ports(_news)))

    def _missing_ports(self, stored: Mapping[str, Any]) -> Sequence[str]:
        """The published ports that somebody removed or changed since."""
        place = Place.of(stored["place"])
        if not place.port_maps:
            return []
        try:
            with self.connect(place.context) as api:
                live = port_maps.read(api, place.ingress_namespace, place.port_maps)
        except HoprdError:
            _log.debug("the port maps cannot be compared", exc_info=True)
            return []
        missing = port_maps.lacks(live, _entries(stored).entries)
        if missing:
            notify(
                f"the port maps lack {len(missing)} entries of this stack, such as port {missing[0]}; they are put back"
            )
        return missing

    @abort_with_message
    def create(self, props: dict[str, Any]) -> CreateResult:
        self._publish(props)
        return CreateResult("allocation", _stored(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    @abort_with_message
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        before = Claim.of(_olds).place
        if before and _maps_of(before) != _maps_of(Place.of(_news["place"])):
            self._withdraw(before, _olds)
        self._publish(_news)
        return UpdateResult(_stored(_news))

    @abort_with_message
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Everything else of the stack is gone: withdraw its ports, and remove the namespaces that it created."""
        claim = Claim.of(_props)
        if claim.place is None:
            return
        self._withdraw(claim.place, _props)
        certificates = [names.tls_secret(node) for node in _props[_ASSIGNMENTS]]
        with self.connect(claim.place.context) as api:
            for name, record in claim.namespaces.items():
                created = bool(record["created"])
                notify(namespaces.remove_if_empty(api, name, claim.stacks, certificates) if created else _left(name))

    def _publish(self, stored: Mapping[str, Any]) -> None:
        place = Place.of(stored["place"])
        if place.port_maps:
            with self.connect(place.context) as api:
                port_maps.publish(api, place.ingress_namespace, place.port_maps, _entries(stored))

    def _withdraw(self, place: Place, stored: Mapping[str, Any]) -> None:
        if place.port_maps:
            with self.connect(place.context) as api:
                port_maps.withdraw(api, place.ingress_namespace, place.port_maps, _entries(stored))


class Allocation(Resource, module="hoprd", name="Allocation"):
    """The allocation of a stack. `assignments` has the assignment of each node, `namespaces` those it uses."""

    assignments: pulumi.Output[Mapping[str, Mapping[str, Any]]]
    namespaces: pulumi.Output[Mapping[str, Mapping[str, Any]]]

    def __init__(
        self,
        name: str,
        *,
        requests: Mapping[str, AllocationRequest],
        inventory: Inventory,
        place: Place,
        objects: Mapping[str, Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`objects` are the names of all objects of the stack by kind. The live port maps have the foreign ports."""
        props = {
            "wishes": {node: asdict(request) for node, request in requests.items()},
            "pools": {pool: list(identities) for pool, identities in inventory.pools.items()},
            "retired": sorted(inventory.retired),
            "firstPort": inventory.first_port,
            "lastPort": inventory.last_port,
            "place": place.stored(),
            "objects": {kind: list(listed) for kind, listed in objects.items()},
            "preview": pulumi.runtime.is_dry_run(),
            _ASSIGNMENTS: None,
            "namespaces": None,
        }
        super().__init__(AllocationProvider(), name, props, opts)

    def creates(self, namespace: str) -> pulumi.Output[bool]:
        """Whether this stack creates the namespace, or has created it."""
        return self.namespaces.apply(lambda stored: bool(stored[namespace]["created"]))

    def of(self, node: str) -> pulumi.Output[Assignment]:
        """The assignment of one node; a preview has it too."""
        return self.assignments.apply(lambda stored: _assignment(stored[node]))


def assignments_of(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Assignment]:
    """Convert the stored assignments, by node."""
    return {node: _assignment(values) for node, values in stored.items()}


def _assignment(stored: Mapping[str, Any]) -> Assignment:
    """Pulumi returns numbers as floats."""
    return Assignment(stored["pool"], stored["identity"], int(stored["first_port"]), int(stored["ports"]))


def _stored(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The assignments and the claim, with numbers as integers: Pulumi returns them as floats."""
    assignments = assignments_of(properties.get(_ASSIGNMENTS, {}))
    return {
        _ASSIGNMENTS: {node: asdict(assignment) for node, assignment in assignments.items()},
        **Claim.of(properties).stored(),
    }


def _entries(stored: Mapping[str, Any]) -> port_maps.OwnEntries:
    return Claim.of(stored).entries(assignments_of(stored[_ASSIGNMENTS]))


def _maps_of(place: Place) -> tuple[Any, ...]:
    return (place.context, place.ingress_namespace, place.port_maps, place.namespace, place.stack)


def _left(namespace: str) -> str:
    return f"namespace {namespace} stays: this stack did not create it"


def _taken_problems(taken: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for node, ports in taken.items():
        more = f" and {len(ports) - 1} more ports" if len(ports) > 1 else ""
        yield (
            f"node {node}: {ports[0]}{more}: remove these entries to give the ports back to the node, or remove "
            f"{node}, run `pulumi up`, and add it again with other ports"
        )
