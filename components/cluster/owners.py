"""Whose an object of the cluster is. Pure; an object is a dict with at least its metadata."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from components.manifests import labels, names
from config.cluster_names import STACK_ANNOTATION

_PROVIDER = "pulumi-kubernetes"
_SHOWN = 3


@dataclass(frozen=True)
class Found:
    """An object of the cluster that has the kind and the name of an object of this stack."""

    kind: str
    metadata: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.kind} {self.metadata['name']}"


def stack_of(metadata: Mapping[str, Any]) -> str | None:
    """The stack that created the object, or None if the object has no marker."""
    stack: str | None = (metadata.get("annotations") or {}).get(STACK_ANNOTATION)
    return stack


def is_ours(metadata: Mapping[str, Any], stacks: Collection[str]) -> bool:
    """Whether one of `stacks` created the object.

    Releases before the marker are recognized by the program's labels together with the provider's field manager.
    """
    if stack := stack_of(metadata):
        return stack in stacks
    labelled = labels.POOL in (metadata.get("labels") or {})
    return labelled and any(manager.startswith(_PROVIDER) for manager in managers(metadata))


def managers(metadata: Mapping[str, Any]) -> list[str]:
    """The field managers of the object, without repetition."""
    return list(dict.fromkeys(str(entry.get("manager")) for entry in metadata.get("managedFields") or ()))


def owner(metadata: Mapping[str, Any]) -> str:
    """The owner of an object that is not ours, as precise as the object tells it."""
    annotations, own_labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    if stack := stack_of(metadata):
        return f"stack {stack}"
    if release := annotations.get("meta.helm.sh/release-name"):
        return f"Helm release {annotations.get('meta.helm.sh/release-namespace', '')}/{release}"
    for reference in metadata.get("ownerReferences") or ():
        if not str(reference.get("apiVersion", "")).startswith(f"{names.GROUP}/"):
            return f"{reference['kind']} {reference['name']}"
    if manager := own_labels.get("app.kubernetes.io/managed-by"):
        return str(manager)
    return f"field manager {', '.join(managers(metadata)) or 'unknown'}"


def foreign_objects(found: Iterable[Found], stacks: Collection[str], namespace: str) -> list[str]:
    """One problem for each owner of objects that are not ours."""
    by_owner: dict[str, list[Found]] = {}
    for one in found:
        if not is_ours(one.metadata, stacks):
            by_owner.setdefault(owner(one.metadata), []).append(one)
    return [
        f"platform.namespace: namespace {namespace} already has {_listed(objects)} of {whose}: choose another "
        f"namespace or other names, or delete what has these names first{_if_renamed(whose, stacks)}"
        for whose, objects in by_owner.items()
    ]


def of_another_state(found: Iterable[Found], stacks: Collection[str], namespace: str) -> str | None:
    """The warning of a run whose state has none of these objects, although the stack created them."""
    ours = [one for one in found if is_ours(one.metadata, stacks) and one.kind != "PersistentVolumeClaim"]
    if not ours:
        return None
    return (
        f"namespace {namespace} has {_listed(ours)} of another state of this stack, and `pulumi up` takes them over: "
        "if this backend is not the right one, stop here and log in to the other one (`pulumi login`)"
    )


def _listed(objects: list[Found]) -> str:
    shown = ", ".join(str(one) for one in objects[:_SHOWN])
    more = len(objects) - _SHOWN
    return f"{shown} and {more} more objects" if more > 0 else shown


def _if_renamed(whose: str, stacks: Collection[str]) -> str:
    """The fix for a project whose name in Pulumi.yaml changed: the same stack name, another project."""
    current = next(iter(stacks))
    before = whose.removeprefix("stack ")
    if whose == before or before.rpartition("/")[2] != current.rpartition("/")[2]:
        return ""
    return (
        f"; if this is that stack under a new project name, restore the name {before.rpartition('/')[0]} in Pulumi.yaml"
    )
