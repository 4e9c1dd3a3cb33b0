"""Labels, which selectors, people and Prometheus use."""

from collections.abc import Mapping
from typing import Any

POOL = "hoprds.hoprnet.org/identitypool"
NETWORK = "hoprds.hoprnet.org/network"
CLUSTER = "hoprds.hoprnet.org/cluster"
_NAME = "app.kubernetes.io/name"
_INSTANCE = "app.kubernetes.io/instance"
_COMPONENT = "app.kubernetes.io/component"

_PUBLIC_DATA = ("peerId", "nativeAddress", "safeAddress", "moduleAddress")


def pool(name: str, network: str) -> dict[str, str]:
    """Labels of a pool and of the objects of the pool as a whole."""
    return {_NAME: "identitypool", _INSTANCE: name, POOL: name, NETWORK: network}


def identity(name: str, pool_name: str, network: str) -> dict[str, str]:
    """Labels of an identity."""
    return {_NAME: "identityhoprd", _INSTANCE: name, POOL: pool_name, NETWORK: network}


def cluster(name: str, pool_name: str, network: str) -> dict[str, str]:
    """Labels of a cluster."""
    return {_NAME: "clusterhoprd", _INSTANCE: name, POOL: pool_name, NETWORK: network}


def funding(name: str, pool_name: str, network: str) -> dict[str, str]:
    """Labels of the funding CronJob and its pods."""
    return {**pool(pool_name, network), _NAME: "hopli", _INSTANCE: name, _COMPONENT: "auto-funding"}


def node_selector(name: str) -> dict[str, str]:
    """The labels that select one node's pods. A selector cannot change, so they are constant."""
    return {_NAME: "hoprd", _INSTANCE: name}


def all_nodes() -> str:
    """The selector of the pods of all nodes."""
    return f"{_NAME}=hoprd"


def node_of(pod_labels: Mapping[str, str]) -> str:
    """The name of the node to which a pod with these labels belongs."""
    return pod_labels.get(_INSTANCE, "")


def node(name: str, pool_name: str, network: str, cluster_name: str | None) -> dict[str, str]:
    """Labels of a node's custom resource, which do not depend on its identity."""
    belongs = {CLUSTER: cluster_name} if cluster_name else {}
    return {**node_selector(name), _COMPONENT: "node", POOL: pool_name, NETWORK: network, **belongs}


def node_with_identity(labels: Mapping[str, str], identity: Mapping[str, Any]) -> dict[str, Any]:
    """Labels of a node's pods and Services: its labels and the public data of its identity.

    `identity` has peerId, nativeAddress, safeAddress and moduleAddress; other keys are ignored.
    """
    return {**labels, **{f"hoprds.hoprnet.org/{field}": identity[field] for field in _PUBLIC_DATA}}
