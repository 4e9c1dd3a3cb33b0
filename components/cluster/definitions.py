"""Custom resource definitions that exist already: whose they are, and whether this program can use them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.cluster.collections import definition_path
from components.cluster.owners import managers, owner
from components.manifests import names
from config.errors import HoprdError
from identity.cluster.api import ClusterApi

MANAGER = "hoprd-definitions"
"""The field manager of the definitions. All stacks of a cluster share them, and so the manager."""

_OURS = (MANAGER, "pulumi-kubernetes")
_OF_THE_SERVER = ("kube-apiserver", "Go-http-client")


class DefinitionUnusable(HoprdError):
    """A definition of somebody else lacks what the objects of this program need."""


def of_others(api: ClusterApi, definitions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the owner of each definition that exists and that no stack of this program created, by name.

    Such a definition is used and never changed. Raise DefinitionUnusable if it lacks fields.
    """
    result = {}
    for wanted in definitions:
        name = wanted["metadata"]["name"]
        live = api.get(definition_path(name))
        if live is None or _is_ours(live["metadata"]):
            continue
        whose = owner(live["metadata"])
        missing = list(_missing(wanted["spec"], live["spec"]))
        if missing:
            raise DefinitionUnusable(
                f"platform.installCrds: the definition {name} belongs to {whose} and lacks {', '.join(missing[:3])}: "
                "update it there, or delete it if no object of its kind is in use"
            )
        result[name] = whose
    return result


def _is_ours(metadata: Mapping[str, Any]) -> bool:
    """Whether only this program (and the API server, which writes the status) has fields of the definition."""
    others = [name for name in managers(metadata) if name not in _OF_THE_SERVER]
    return all(name.startswith(_OURS) for name in others)


def _missing(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[str]:
    """The paths of fields that the definition would drop from the objects of this program."""
    versions = {version["name"]: version for version in live["versions"] if version.get("served")}
    if names.VERSION not in versions:
        yield f"version {names.VERSION}"
        return
    (ours,) = wanted["versions"]
    served = versions[names.VERSION]["schema"]["openAPIV3Schema"]
    yield from _missing_properties(ours["schema"]["openAPIV3Schema"], served, "")


def _missing_properties(wanted: Mapping[str, Any], live: Mapping[str, Any], path: str) -> Iterator[str]:
    if live.get("x-kubernetes-preserve-unknown-fields"):
        return
    for name, schema in (wanted.get("properties") or {}).items():
        present = (live.get("properties") or {}).get(name)
        if present is None:
            yield f"{path}.{name}".removeprefix(".")
        else:
            yield from _missing_properties(schema, present, f"{path}.{name}")
