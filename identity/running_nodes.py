"""Looks for nodes that still run with an identity, right before the identity is drained.

A running node spends from its Safe, and a drained node cannot close its payment channels. The allocation refuses to
retire an identity in use, but it is another resource: with `--target`, the engine does not ask it.
"""

import logging
import os
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from config.errors import Problem
from identity.errors import NodesRunning, NoUsableContext
from identity.secrets.kubeconfig import connect, load_client, named

_log = logging.getLogger(__name__)
_ADDRESS = "hoprds.hoprnet.org/nativeAddress"
_SELECTOR = "app.kubernetes.io/name=hoprd"
_ENDED = {"Succeeded", "Failed"}
_PATIENCE_S = 120
_PAUSE_S = 2
_TIMEOUT_S = 10
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
    # The client takes a second to import, and only a decommission needs it.
    load_client()
    from kubernetes.client import AppsV1Api, CoreV1Api  # noqa: PLC0415
    from kubernetes.client.exceptions import ApiException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    options: dict[str, Any] = {"label_selector": _SELECTOR, "_request_timeout": _TIMEOUT_S}
    try:
        with connect(context) as client:
            deployments: list[Any] = AppsV1Api(client).list_namespaced_deployment(namespace, **options).items
            pods: list[Any] = CoreV1Api(client).list_namespaced_pod(namespace, **options).items
    except (ApiException, HTTPError, OSError, NoUsableContext) as error:
        _log.debug("the cluster does not answer", exc_info=True)
        reason = error.reason if isinstance(error, ApiException) else type(error).__name__
        text = (
            f"the {named(context)} does not show whether nodes still run ({reason}), so nothing is drained: check "
            f"platform.kubeContext and the network; if the cluster is gone for good, set {CLUSTER_IS_GONE}=true"
        )
        raise NodesRunning([Problem("cluster", text)]) from error
    wanted = {
        address: deployment.metadata.name
        for deployment in deployments
        if (address := _address(deployment.spec.template.metadata)) in addresses
        and deployment.spec.replicas
        and not deployment.metadata.deletion_timestamp
    }
    running = {
        address: pod.metadata.name
        for pod in pods
        if (address := _address(pod.metadata)) in addresses and pod.status.phase not in _ENDED
    }
    return wanted, running


def _address(metadata: Any) -> str:
    return str((metadata.labels or {}).get(_ADDRESS, "")).lower()
