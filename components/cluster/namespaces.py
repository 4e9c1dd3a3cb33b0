"""The namespace of a stack: whether it exists, and its deletion once nothing of others is in it."""

import time
from collections.abc import Collection, Iterator

from components.cluster.collections import namespace_path
from components.cluster.owners import stack_of
from identity.cluster.api import ClusterApi, ClusterRefused, Object

_PATIENCE_S = 120
_PAUSE_S = 0.5
_SHOWN = 5
_OF_KUBERNETES = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
_FOLLOWS_OTHERS = frozenset(["Endpoints", "EndpointSlice", "Event", "Lease"])


def remove_if_empty(api: ClusterApi, name: str, stacks: Collection[str], ignored_secrets: Collection[str]) -> str:
    """Delete a namespace that one of `stacks` created and that holds nothing of others. Return what happened.

    `ignored_secrets` are certificates of the stack's own Ingresses, which cert-manager leaves behind.
    """
    live = api.get(namespace_path(name))
    if live is None:
        return f"namespace {name} does not exist any more"
    if stack_of(live["metadata"]) not in stacks:
        return f"namespace {name} stays: this stack did not create it"
    try:
        held = [what for what in _objects(api, name) if what not in {f"Secret {secret}" for secret in ignored_secrets}]
    except ClusterRefused as refused:
        return f"namespace {name} stays, because its content is unknown: {refused}"
    if held:
        more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
        return (
            f"namespace {name} stays: it holds {', '.join(held[:_SHOWN])}{more}. "
            f"`kubectl delete namespace {name}` deletes it with everything in it"
        )
    api.delete(namespace_path(name), live["metadata"]["uid"])
    _await_deletion(api, name, live)
    return f"namespace {name} deleted: it was empty"


def _objects(api: ClusterApi, namespace: str) -> Iterator[str]:
    """Kind and name of the objects that Kubernetes did not create by itself and that no other object owns."""
    for path, kind in _collections(api, namespace):
        for item in api.list(path):
            metadata = item["metadata"]
            if not metadata.get("ownerReferences") and (kind, metadata["name"]) not in _OF_KUBERNETES:
                yield f"{kind} {metadata['name']}"


def _collections(api: ClusterApi, namespace: str) -> Iterator[tuple[str, str]]:
    """Path and kind of every kind of object that a namespace can hold."""
    groups = (api.get("/apis") or {}).get("groups") or ()
    for root in ("/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)):
        for resource in (api.get(root) or {}).get("resources") or ():
            kind = resource["kind"]
            usable = resource["namespaced"] and {"list", "delete"} <= set(resource["verbs"])
            if usable and "/" not in resource["name"] and kind not in _FOLLOWS_OTHERS:
                yield f"{root}/namespaces/{namespace}/{resource['name']}", kind


def _await_deletion(api: ClusterApi, name: str, deleted: Object) -> None:
    """Wait, so that the next `pulumi up` does not meet a namespace that is about to go."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        live = api.get(namespace_path(name))
        if live is None or live["metadata"]["uid"] != deleted["metadata"]["uid"]:
            return
        time.sleep(_PAUSE_S)
