"""Looks for nodes that still run with an identity, right before the identity is drained.

A running node spends from its Safe, and a drained node cannot close its payment channels. The allocation refuses to
retire an identity in use, but it is another resource: with `--target`, the engine does not ask it.
"""

import os
import time
from collections.abc import Callable, Collection, Mapping

from config.errors import Problem
from identity.cluster.api import ClusterApi, ClusterRefused, ClusterUnreachable, Object
from identity.errors import NodesRunning, NoUsableContext

_ADDRESS = "hoprds.hoprnet.org/nativeAddress"
_SELECTOR = "app.kubernetes.io/name=hoprd"
_ENDED = {"Succeeded", "Failed"}
_PATIENCE_S = 120
_PAUSE_S = 2
CLUSTER_IS_GONE = "PULUMI_K8S_DELETE_UNREACHABLE"
"""The kubernetes provider's variable for a cluster that no longer exists; it deletes that cluster's objects too."""


def require_stopped(
    identities: Mapping[str, str], namespace: str, context: str | None, report: Callable[[str], None]
) -> None:
    """Return once no pod runs with one of these identities (name to native address).

    Waits for pods that end: the node was removed a moment ago. Raises NodesRunning if a node is meant to run, if its
    pod does not end within two minutes, or if the cluster does not answer.
    """
    if not identities or os.environ.get(CLUSTER_IS_GONE, "").lower() in {"1", "true"}:
        return
    names = {address.lower(): name for name, address in identities.items()}
    deadline, reported = time.monotonic() + _PATIENCE_S, False
    while True:
        wanted, pods = _nodes_of(names.keys(), namespace, context)
        if wanted or (pods and time.monotonic() > deadline):
            raise NodesRunning([_problem(names[address], node) for address, node in sorted((wanted or pods).items())])
        if not pods:
            return
        if not reported:
            report(f"waiting until the nodes {', '.join(sorted(pods.values()))} have stopped")
            reported = True
        time.sleep(_PAUSE_S)


def _problem(identity: str, node: str) -> Problem:
    text = (
        f"node {node} still runs with it, so it is not drained: remove the node (replicas, or the entry under nodes), "
        "run `pulumi up` without --target, and retire the identity after that"
    )
    return Problem(identity, text)


def _nodes_of(addresses: Collection[str], namespace: str, context: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return, by native address, the Deployments that want a pod, and the pods that have not ended."""
    selectors = {"labelSelector": _SELECTOR}
    try:
        with ClusterApi(context) as api:
            deployments, pods = (
                api.list(f"{path}/namespaces/{namespace}/{plural}", metadata_only=False, selectors=selectors)
                for path, plural in (("/apis/apps/v1", "deployments"), ("/api/v1", "pods"))
            )
    except (ClusterUnreachable, ClusterRefused, NoUsableContext) as error:
        text = (
            f"it does not show whether nodes still run, so nothing is drained: {error}; if the cluster is gone for "
            f"good, set {CLUSTER_IS_GONE}=true"
        )
        raise NodesRunning([Problem("cluster", text)]) from error
    wanted = {
        address: one["metadata"]["name"]
        for one in deployments
        if (address := _address(one["spec"]["template"]["metadata"])) in addresses
        and one["spec"].get("replicas")
        and not one["metadata"].get("deletionTimestamp")
    }
    running = {
        address: pod["metadata"]["name"]
        for pod in pods
        if (address := _address(pod["metadata"])) in addresses and pod.get("status", {}).get("phase") not in _ENDED
    }
    return wanted, running


def _address(metadata: Object) -> str:
    return str((metadata.get("labels") or {}).get(_ADDRESS, "")).lower()
