"""The ingress controller's port maps, which other tenants use too.

Each stack owns its entries under a field manager of its own. Entries of others are never changed: a port that leads to
somebody else is an error that names them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.cluster.collections import config_map
from config.errors import HoprdError
from identity.cluster.api import CONFLICT, NOT_FOUND, ClusterApi, ClusterRefused, Object

_ATTEMPTS = 5
_SHOWN = 3


class PortsTaken(HoprdError):
    """Ports of this stack lead to somebody else, or a map does not exist."""


@dataclass(frozen=True)
class OwnEntries:
    """The entries that a stack has in both maps, by port; they lead to nodes in `namespace`.

    `former_namespaces` and `former_stacks` are what the stack's claim had before, as far as its state knows.
    """

    entries: Mapping[str, str]
    namespace: str
    stack: str
    former_namespaces: frozenset[str] = frozenset()
    former_stacks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PortMap:
    """One live map: its entries by port, and the field manager of each entry if it is known."""

    name: str
    entries: Mapping[str, str]
    managers: Mapping[str, str]
    resource_version: str

    def taken(self, own: "OwnEntries") -> list[str]:
        """The ports of these entries that others use: another namespace, or another stack in the same one."""
        return [
            port
            for port, target in own.entries.items()
            if (live := self.entries.get(port)) not in {None, target} and not self._is_own(port, str(live), own)
        ]

    def _is_own(self, port: str, live: str, own: "OwnEntries") -> bool:
        """Whether the stack set the entry. In a former namespace, which others may use now, only its manager counts."""
        namespace, manager = live.partition("/")[0], self.managers.get(port, "")
        if manager in {own.stack, *own.former_stacks}:
            return namespace in {own.namespace, *own.former_namespaces}
        return namespace == own.namespace and "/" not in manager

    def describe(self, port: str) -> str:
        """The entry of a port, for a message."""
        manager = self.managers.get(port)
        by = f", set by {manager}" if manager else ""
        return f"port {port} in port map {self.name} leads to {self.entries[port]}{by}"


def read(api: ClusterApi, namespace: str, maps: Sequence[str]) -> list[PortMap]:
    """Return the live maps; raise PortsTaken if one does not exist."""
    return [_parsed(namespace, name, api.get(config_map(name, namespace))) for name in maps]


def lacks(live: Iterable[PortMap], entries: Mapping[str, str]) -> list[str]:
    """The ports whose entries are missing or changed in one of the maps."""
    return sorted({port for one in live for port, target in entries.items() if one.entries.get(port) != target})


def publish(api: ClusterApi, namespace: str, maps: Sequence[str], own: OwnEntries) -> None:
    """Make the entries of the stack exactly these; an entry that leads elsewhere in its namespace is corrected.

    Raise PortsTaken for ports that others use: two stacks may have chosen the same ones at the same time.
    """
    for name in maps:
        path = config_map(name, namespace)
        for attempt in range(1, _ATTEMPTS + 1):
            live = _parsed(namespace, name, api.get(path))
            if taken := live.taken(own):
                raise PortsTaken(
                    f"{'; '.join(live.describe(port) for port in taken[:_SHOWN])}{_more(taken)}: another stack took "
                    "the same ports at the same time. Run `pulumi up` again: the nodes get other ports"
                )
            try:
                _apply(api, path, live, own)
                break
            except ClusterRefused as refused:
                if refused.status != CONFLICT or attempt == _ATTEMPTS:
                    raise


def withdraw(api: ClusterApi, namespace: str, maps: Sequence[str], own: OwnEntries) -> None:
    """Remove the stack's entries, as far as they still lead where they say. A map that does not exist is left so."""
    for name in maps:
        path = config_map(name, namespace)
        for attempt in range(1, _ATTEMPTS + 1):
            obj = api.get(path)
            if obj is None:
                break
            live = _parsed(namespace, name, obj)
            removed = {port: None for port, target in own.entries.items() if live.entries.get(port) == target}
            if not removed:
                break
            patch = {"metadata": {"resourceVersion": live.resource_version}, "data": removed}
            try:
                api.merge(path, patch, own.stack)
                break
            except ClusterRefused as refused:
                if refused.status == NOT_FOUND:
                    break
                if refused.status != CONFLICT or attempt == _ATTEMPTS:
                    raise


def _apply(api: ClusterApi, path: str, live: PortMap, own: OwnEntries) -> None:
    """The resource version prevents that an entry of others is overwritten that came after the read."""
    name, namespace = path.rsplit("/", 1)[1], path.split("/")[4]
    identity = {"name": name, "namespace": namespace, "resourceVersion": live.resource_version}
    api.apply(
        path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": identity, "data": dict(own.entries)}, own.stack
    )


def _more(ports: Sequence[str]) -> str:
    return f" and {len(ports) - _SHOWN} more ports" if len(ports) > _SHOWN else ""


def _parsed(namespace: str, name: str, obj: Object | None) -> PortMap:
    if obj is None:
        raise PortsTaken(
            f"platform.ingress: there is no ConfigMap {name} in namespace {namespace}: install the ingress controller "
            "with its tcp and udp services, or name its port maps in tcpConfigMap and udpConfigMap"
        )
    metadata: dict[str, Any] = obj["metadata"]
    managers = {
        field.removeprefix("f:"): str(entry.get("manager"))
        for entry in metadata.get("managedFields") or ()
        for field in (entry.get("fieldsV1") or {}).get("f:data") or {}
    }
    return PortMap(f"{namespace}/{name}", obj.get("data") or {}, managers, str(metadata["resourceVersion"]))
