"""Objects of a pool as a whole: Secrets, the service account of the funding job, monitoring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.manifests import labels
from components.manifests.metadata import Later, metadata

_RELABELED = {
    "network": "hoprd_network",
    "safeAddress": "hoprd_safe_address",
    "nativeAddress": "hoprd_address",
    "peerId": "hoprd_peer_id",
    "cluster": "hoprd_cluster",
}


@dataclass(frozen=True)
class PoolPlan:
    """The input of all manifests of one pool; `owner` is the reference to its IdentityPool."""

    name: str
    network: str
    namespace: str
    owner: Mapping[str, Later]

    def metadata(self, name: str | None = None) -> dict[str, Any]:
        """Metadata of one of the pool's objects; the default name is the pool's name."""
        return metadata(name or self.name, self.namespace, labels.pool(self.name, self.network), owner=self.owner)


def secret(pool: PoolPlan, name: str, data: Mapping[str, Later]) -> dict[str, Any]:
    """A Secret of the pool; the values of `data` are base64."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": pool.metadata(name),
        "type": "Opaque",
        "data": dict(data),
    }


def service_account(pool: PoolPlan) -> dict[str, Any]:
    """The service account of the funding job. It has no permission, and its token is not mounted."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": pool.metadata()}


def service_monitor(pool: PoolPlan) -> dict[str, Any]:
    """Let Prometheus scrape the pool's nodes, with the public data of the identities as labels of each series."""
    relabelings = [
        {
            "action": "replace",
            "sourceLabels": [f"__meta_kubernetes_pod_label_hoprds_hoprnet_org_{source}"],
            "targetLabel": target,
        }
        for source, target in _RELABELED.items()
    ]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": pool.metadata(),
        "spec": {
            "jobLabel": pool.name,
            "namespaceSelector": {"matchNames": [pool.namespace]},
            "selector": {"matchLabels": {labels.POOL: pool.name}},
            "endpoints": [{"port": "metrics", "path": "/metrics", "interval": "15s", "relabelings": relabelings}],
        },
    }
