"""What the stack wants of the objects whose status it writes. Plain data, which the state of the stack keeps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.manifests import names

Stamp = Mapping[str, str]
"""`checksum` of the object's spec, and the `timestamp` of its last change."""


@dataclass(frozen=True)
class DesiredNode:
    """A node: its identity, and whether it runs (one pod) or is stopped (no pod)."""

    identity: str
    enabled: bool
    stamp: Stamp


@dataclass(frozen=True)
class DesiredPool:
    """A pool: its identities in service, and how many of them are complete on chain."""

    identities: tuple[str, ...]
    usable: int
    stamp: Stamp


@dataclass(frozen=True)
class DesiredCluster:
    """A cluster of nodes."""

    nodes: tuple[str, ...]
    enabled: bool
    stamp: Stamp


@dataclass(frozen=True)
class DesiredFleet:
    """All custom resources of a stack, by name, in one namespace."""

    pools: Mapping[str, DesiredPool]
    clusters: Mapping[str, DesiredCluster]
    nodes: Mapping[str, DesiredNode]

    @classmethod
    def read(cls, props: Mapping[str, Any]) -> "DesiredFleet":
        """Read the properties of the resource. A preview may not know `usable`: then every identity counts."""
        return cls(
            pools={name: _pool(values) for name, values in props["pools"].items()},
            clusters={
                name: DesiredCluster(tuple(values["nodes"]), bool(values["enabled"]), values["stamp"])
                for name, values in props["clusters"].items()
            },
            nodes={
                name: DesiredNode(values["identity"], bool(values["enabled"]), values["stamp"])
                for name, values in props["nodes"].items()
            },
        )

    @property
    def users(self) -> dict[str, str]:
        """The node of each identity in use."""
        return {node.identity: name for name, node in self.nodes.items()}

    def resources(self) -> Iterator[tuple[str, str]]:
        """Kind and name of each custom resource."""
        for name, pool in self.pools.items():
            yield names.POOL_KIND, name
            yield from ((names.IDENTITY_KIND, identity) for identity in pool.identities)
        yield from ((names.CLUSTER_KIND, name) for name in self.clusters)
        yield from ((names.NODE_KIND, name) for name in self.nodes)


def _pool(values: Mapping[str, Any]) -> DesiredPool:
    identities, usable = tuple(values["identities"]), values["usable"]
    known = isinstance(usable, int | float)  # Pulumi returns numbers as floats
    return DesiredPool(identities, int(usable) if known else len(identities), values["stamp"])
