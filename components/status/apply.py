"""Writes statuses and finalizers, removes finalizers, and scales Deployments back. It never creates an object."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from components.cluster.collections import DEPLOYMENT, collection
from components.manifests import names
from components.status.decide import FIELD_MANAGER, Change
from identity.cluster.api import CONFLICT, NOT_FOUND, ClusterApi, ClusterRefused

_THREADS = 8
_ATTEMPTS = 5


def write(api: ClusterApi, namespace: str, changes: Iterable[Change]) -> None:
    """Write each change. An object that was deleted or replaced since the observation is left out."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(lambda change: _write(api, namespace, change), changes):
            pass


def scale(api: ClusterApi, namespace: str, deployments: Mapping[str, tuple[str, int]]) -> None:
    """Change the replicas of Deployments, by name (uid and number). Pulumi's next update takes the field over."""
    for name, (uid, replicas) in deployments.items():
        path = f"{collection(DEPLOYMENT, namespace)}/{name}"
        try:
            api.merge(path, {"metadata": {"uid": uid}, "spec": {"replicas": replicas}}, FIELD_MANAGER)
        except ClusterRefused as refused:
            if not _is_superseded(api, path, uid, refused):
                raise


def release(api: ClusterApi, namespace: str, resources: Mapping[str, Sequence[str]]) -> None:
    """Remove the finalizer from custom resources, by kind and name, so that they can be deleted."""
    paths = [f"{collection(kind, namespace)}/{name}" for kind, present in resources.items() for name in present]
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(lambda path: _release(api, path), paths):
            pass


def _write(api: ClusterApi, namespace: str, change: Change) -> None:
    """The uid makes the API server reject the request if the object is gone or another one has its name."""
    path = f"{collection(change.kind, namespace)}/{change.name}"
    metadata = {"name": change.name, "namespace": namespace, "uid": change.uid, "finalizers": list(change.finalizers)}
    applied = {
        "apiVersion": names.API_VERSION,
        "kind": change.kind,
        "metadata": metadata,
        "status": dict(change.status),
    }
    try:
        api.apply(path, applied, FIELD_MANAGER)
        if change.superfluous:  # another client has set them, so that applying without them does not remove them
            removed = {"metadata": {"uid": change.uid}, "status": dict.fromkeys(change.superfluous)}
            api.merge(path, removed, FIELD_MANAGER)
    except ClusterRefused as refused:
        if not _is_superseded(api, path, change.uid, refused):
            raise


def _is_superseded(api: ClusterApi, path: str, uid: str, refused: ClusterRefused) -> bool:
    """Whether the request was refused because the object was deleted or replaced: the next look sees what is there.

    The status of the refusal does not tell it: 409 if the object is gone, 422 if another one has its name.
    """
    live = api.get(path)
    return refused.status == CONFLICT or live is None or live["metadata"]["uid"] != uid


def _release(api: ClusterApi, path: str) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        live = api.get(path)
        finalizers = (live or {}).get("metadata", {}).get("finalizers") or []
        if live is None or names.FINALIZER not in finalizers:
            return
        kept = [finalizer for finalizer in finalizers if finalizer != names.FINALIZER]
        version = {key: live["metadata"][key] for key in ("uid", "resourceVersion")}
        try:
            api.merge(path, {"metadata": {**version, "finalizers": kept}}, FIELD_MANAGER)
        except ClusterRefused as refused:
            if refused.status == NOT_FOUND:
                return
            if refused.status != CONFLICT or attempt == _ATTEMPTS:
                raise
