"""What a stack claims in the cluster: its namespace, the names of its objects, and ports of the shared port maps.

`examine` reads the cluster before anything changes and reports everything that stands in the way at once.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from components.allocation import Assignment
from components.cluster import owners, port_maps
from components.cluster.collections import collection, namespace_path
from components.cluster.owners import Found
from components.cluster.port_maps import OwnEntries, PortMap, PortsTaken
from components.manifests import names
from components.manifests.ports import port_map_entries
from config.models.quantities import amount_of
from identity.cluster.api import ClusterApi
from identity.observation.pool_spec import network_moved

_VOLUME = "PersistentVolumeClaim"


@dataclass(frozen=True)
class Place:
    """Where the stack's objects are. `port_maps` are the ConfigMaps of the ingress controller, empty if unused."""

    context: str | None
    stack: str
    namespace: str
    create_namespace: bool
    ingress_namespace: str
    port_maps: tuple[str, ...]
    volume_size: str
    network: str = ""  # earlier claims have none

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Place":
        """Read a stored place. Pulumi drops empty values."""
        return cls(**{"context": None, **stored, "port_maps": tuple(stored["port_maps"])})

    def stored(self) -> dict[str, Any]:
        """The form in which the state has it."""
        return {**asdict(self), "port_maps": list(self.port_maps)}


@dataclass(frozen=True)
class Claim:
    """A claim that the state has. `namespaces` has the digest of the claimed objects and whether the stack created it.

    `stacks` are all names that the stack has had, the present one first. An empty claim belongs to a new state.
    """

    place: Place | None = None
    stacks: tuple[str, ...] = ()
    namespaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    of_earlier_release: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Claim":
        """Read the stored inputs of the allocation, which earlier releases wrote without a claim."""
        if "place" not in stored:
            return cls(of_earlier_release=bool(stored))
        place = Place.of(stored["place"])
        return cls(place, tuple(stored["stacks"]), stored["namespaces"])

    def stored(self) -> dict[str, Any]:
        """The form in which the state has it."""
        if self.place is None:
            return {}
        namespaces = {name: dict(record) for name, record in self.namespaces.items()}
        return {"place": self.place.stored(), "stacks": list(self.stacks), "namespaces": namespaces}

    def entries(self, assignments: Mapping[str, Assignment]) -> OwnEntries:
        """The entries of the nodes in the port maps; none without a place."""
        if self.place is None:
            return OwnEntries({}, "", "")
        blocks = {node: has.block for node, has in assignments.items()}
        return OwnEntries(
            port_map_entries(self.place.namespace, blocks),
            self.place.namespace,
            self.place.stack,
            former_namespaces=frozenset(self.namespaces),
            former_stacks=frozenset(self.stacks),
        )


@dataclass(frozen=True)
class Examined:
    """The new claim, what stands in its way, what the user should know, and the live port maps."""

    claim: Claim
    problems: Sequence[str]
    notices: Sequence[str]
    live: Sequence[PortMap]


def examine(api: ClusterApi | None, place: Place, objects: Mapping[str, Sequence[str]], before: Claim) -> Examined:
    """Compare the claim with the cluster; without a cluster (a preview) nothing stands in its way."""
    stacks = tuple(dict.fromkeys([place.stack, *before.stacks]))
    digest = hashlib.sha256(json.dumps(objects, sort_keys=True).encode()).hexdigest()
    record = before.namespaces.get(place.namespace, {})
    created = bool(record.get("created", place.create_namespace and not before.of_earlier_release))
    problems: list[str] = []
    notices: list[str] = []
    live: list[PortMap] = []
    if api is not None:
        if not record and not before.of_earlier_release:
            created, found = _namespace(api, place, stacks)
            problems += found
            if place.create_namespace and not created and not found:
                notices.append(f"namespace {place.namespace} exists already: it is used, and a destroy leaves it")
        if record.get("objects") != digest:
            present = _present(api, place.namespace, objects)
            problems += owners.foreign_objects(present, stacks, place.namespace)
            known = record or before.of_earlier_release
            notices += [] if known else filter(None, [owners.of_another_state(present, stacks, place.namespace)])
        if before.place is None or before.place.volume_size != place.volume_size:
            problems += _shrunk(api, place, objects.get(_VOLUME, ()))
        if before.place is None or before.place.network != place.network:
            problems += _of_another_network(api, place, objects.get(names.POOL_KIND, ()))
        try:
            live = port_maps.read(api, place.ingress_namespace, place.port_maps)
        except PortsTaken as error:
            problems.append(str(error))
    namespaces = {**before.namespaces, place.namespace: {"created": created, "objects": digest}}
    return Examined(Claim(place, stacks, namespaces), problems, notices, live)


def _namespace(api: ClusterApi, place: Place, stacks: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether the stack creates the namespace or has created it, and what prevents its use."""
    live = api.get(namespace_path(place.namespace))
    if live is None:
        missing = (
            f"platform.namespace: there is no namespace {place.namespace}, and platform.createNamespace is false: "
            "create it, or set createNamespace to true"
        )
        return place.create_namespace, [] if place.create_namespace else [missing]
    if live["metadata"].get("deletionTimestamp"):
        return False, [f"platform.namespace: namespace {place.namespace} is being deleted: wait until it is gone"]
    return owners.stack_of(live["metadata"]) in stacks, []


def _present(api: ClusterApi, namespace: str, objects: Mapping[str, Sequence[str]]) -> list[Found]:
    """The objects of the cluster that have the kind and name of an object of the stack."""
    return [
        Found(kind, item["metadata"])
        for kind, wanted in objects.items()
        for item in api.list(collection(kind, namespace))
        if item["metadata"]["name"] in set(wanted) and not item["metadata"].get("deletionTimestamp")
    ]


def _shrunk(api: ClusterApi, place: Place, volumes: Sequence[str]) -> list[str]:
    """The problem of volumes that are larger than configured."""
    sizes = [
        item["spec"]["resources"]["requests"]["storage"]
        for item in api.list(collection(_VOLUME, place.namespace), metadata_only=False)
        if item["metadata"]["name"] in set(volumes)
    ]
    larger = [size for size in sizes if amount_of(size) > amount_of(place.volume_size)]
    if not larger:
        return []
    return [
        f"platform.persistence.size: {place.volume_size} is less than {max(larger, key=amount_of)}, the size of "
        f"{len(larger)} volumes, and Kubernetes cannot shrink a volume: set at least that size"
    ]


def _of_another_network(api: ClusterApi, place: Place, pools: Sequence[str]) -> list[str]:
    """The problem of pools that exist on another network."""
    live = api.list(collection(names.POOL_KIND, place.namespace), metadata_only=False) if place.network else []
    networks = {item["spec"]["network"] for item in live if item["metadata"]["name"] in set(pools)} - {place.network}
    return [network_moved(", ".join(sorted(networks)), place.network)] if networks else []


def blocked(claim: Claim, live: Sequence[PortMap], assignments: Mapping[str, Assignment]) -> dict[str, list[str]]:
    """The nodes whose assigned ports others use, each with where these ports lead."""
    result = {
        node: [one.describe(port) for one in live for port in one.taken(claim.entries({node: assignment}))]
        for node, assignment in assignments.items()
    }
    return {node: ports for node, ports in result.items() if ports}


def foreign_ports(place: Place, live: Sequence[PortMap], nodes: Collection[str]) -> frozenset[int]:
    """Ports whose live entry does not name one of these nodes.

    If the state was lost, the entries of the stack's own nodes still exist and their ports are not foreign.
    """
    ours = {f"{place.namespace}/{node}" for node in nodes}
    return frozenset(
        int(port)
        for one in live
        for port, target in one.entries.items()
        if port.isdigit() and target.rsplit(":", 1)[0] not in ours
    )
