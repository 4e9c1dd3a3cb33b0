"""What the state of a stack shows: pools, keys, volumes, namespaces and nodes, as the last run left them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from config.stack_state import NODE_KEYS, POOL_ON_CHAIN, IdentityState, PoolState
from identity.keys.fingerprint import NodeIds

_CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
_NAMESPACE = "kubernetes:core/v1:Namespace"
_IDENTITY = "kubernetes:hoprnet.org/v1alpha2:IdentityHoprd"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_NODE = "hoprd:index:Hoprd"
_PROPAGATION = "pulumi.com/deletionPropagationPolicy"

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class RecordedKeys:
    """The public data of an identity's keys."""

    native_address: str
    peer_id: str | None


@dataclass(frozen=True)
class RecordedVolume:
    """The claim of an identity's volume; `retained` volumes stay when the program deletes the claim."""

    namespace: str
    storage_class: str | None
    size: str | None
    retained: bool


@dataclass(frozen=True)
class RecordedNode:
    """A node: its identity, its version, its public host, and the pod template that the program asked for."""

    identity: str | None
    peer_id: str | None
    version: str | None
    host: str | None
    enabled: bool
    template: Properties | None


@dataclass(frozen=True)
class RecordedObject:
    """An object of the cluster: its kind, its name and namespace (empty if its kind has none), and its Pulumi name."""

    kind: str
    namespace: str
    name: str
    uid: str
    resource: str


@dataclass(frozen=True)
class Recorded:
    """The state of a stack; everything is empty before the first `pulumi up`."""

    pools: Mapping[str, Properties] = field(default_factory=dict)
    """The outputs of each pool on chain, by pool name."""
    keys: Mapping[str, RecordedKeys] = field(default_factory=dict)
    """By identity."""
    volumes: Mapping[str, RecordedVolume] = field(default_factory=dict)
    """By identity."""
    namespaces: frozenset[str] = frozenset()
    nodes: Mapping[str, RecordedNode] = field(default_factory=dict)
    assignments: Mapping[str, Properties] = field(default_factory=dict)
    """The allocation: identity and ports of each node."""
    objects: tuple[RecordedObject, ...] = ()

    @classmethod
    def read(cls, resources: Mapping[str, Properties]) -> Self:
        """Read `{urn: {type, outputs}}`, the result of `pulumi:pulumi:readStackResourceOutputs`."""
        outputs = _Outputs(resources)
        kept = {
            _name(one) for one in outputs.of(_IDENTITY) if _PROPAGATION in (one["metadata"].get("annotations") or {})
        }
        deployments = {_name(one): (one.get("__inputs") or {}).get("spec") for one in outputs.of(_DEPLOYMENT)}
        assignments = [one.get("assignments") or {} for one in outputs.of("pulumi-python:dynamic/hoprd:Allocation")]
        return cls(
            pools={one["pool"]: one for one in outputs.of(POOL_ON_CHAIN)},
            keys={
                one["identity"]: RecordedKeys(one["native_address"], one.get("peer_id"))
                for one in outputs.of(NODE_KEYS)
            },
            volumes={_name(one): _volume(one, kept) for one in outputs.of(_CLAIM)},
            namespaces=frozenset(_name(one) for one in outputs.of(_NAMESPACE)),
            nodes={name: _node(one, deployments.get(name)) for name, one in outputs.named(_NODE)},
            assignments=assignments[0] if assignments else {},
            objects=tuple(outputs.objects()),
        )

    def with_keys(self, adopted: Mapping[str, NodeIds]) -> Self:
        """Return the state as it is once `pulumi up` has adopted these keys, by identity."""
        keys = {identity: RecordedKeys(node.native_address, node.peer_id) for identity, node in adopted.items()}
        return replace(self, keys={**self.keys, **keys})

    @property
    def identities(self) -> dict[str, IdentityState]:
        """Every identity on chain, as it was last observed."""
        return {
            name: identity
            for outputs in self.pools.values()
            for name, identity in PoolState.read(outputs).identities.items()
        }


@dataclass(frozen=True)
class _Outputs:
    resources: Mapping[str, Properties]

    def named(self, kind: str) -> Iterator[tuple[str, Properties]]:
        for urn, resource in self.resources.items():
            if resource["type"] == kind and resource.get("outputs"):
                yield urn.rpartition("::")[2], resource["outputs"]

    def objects(self) -> Iterator[RecordedObject]:
        """The objects that the stack has created; a patch changes an object of others."""
        for urn, resource in self.resources.items():
            kind = resource["type"].rpartition(":")[2]
            metadata = (resource.get("outputs") or {}).get("metadata") or {}
            if resource["type"].startswith("kubernetes:") and not kind.endswith("Patch") and metadata.get("uid"):
                yield RecordedObject(
                    kind, metadata.get("namespace") or "", metadata["name"], metadata["uid"], urn.rpartition("::")[2]
                )

    def of(self, kind: str) -> Iterator[Properties]:
        for _, outputs in self.named(kind):
            yield outputs


def _name(outputs: Properties) -> str:
    return str(outputs["metadata"]["name"])


def _volume(outputs: Properties, kept: set[str]) -> RecordedVolume:
    spec, metadata = outputs["spec"], outputs["metadata"]
    size = (spec.get("resources") or {}).get("requests", {}).get("storage")
    return RecordedVolume(metadata["namespace"], spec.get("storageClassName"), size, metadata["name"] in kept)


def _node(outputs: Properties, deployment: Properties | None) -> RecordedNode:
    return RecordedNode(
        identity=outputs.get("identity"),
        peer_id=outputs.get("peerId"),
        version=outputs.get("version"),
        host=outputs.get("host"),
        enabled=bool(deployment and deployment.get("replicas")),
        template=deployment.get("template") if deployment else None,
    )
