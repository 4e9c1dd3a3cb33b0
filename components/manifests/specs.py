"""The `spec` of the four custom resources, and its checksum."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from components.manifests.metadata import Later
from components.manifests.secret_values import public_config, public_deployment
from config.models.clusters import Cluster, Node, Workload
from config.models.pools import Pool


def pool_spec(pool: Pool, network: str, secret_name: str) -> dict[str, Any]:
    """Spec of an IdentityPool."""
    spec: dict[str, Any] = {"network": network, "secretName": secret_name}
    if pool.funding:
        spec["funding"] = {"schedule": pool.funding.schedule, "nativeAmount": str(pool.funding.native_amount)}
    return spec


def identity_spec(pool_name: str, identity_file: Later, public_data: Mapping[str, Later]) -> dict[str, Any]:
    """Spec of an IdentityHoprd. `identity_file` is base64 of the encrypted file, `public_data` has the other fields."""
    return {"identityPoolName": pool_name, "identityFile": identity_file, **public_data}


def cluster_spec(cluster: Cluster, *, marked: bool = False) -> dict[str, Any]:
    """Spec of a ClusterHoprd; with `marked`, Pulumi knows its section of the configuration as secret."""
    return {
        "identityPoolName": cluster.pool,
        "replicas": cluster.replicas,
        "forceIdentityName": cluster.force_identity_name,
        **_workload_spec(cluster, marked=marked),
    }


def node_spec(workload: Workload, identity_name: str, *, marked: bool = False) -> dict[str, Any]:
    """Spec of a Hoprd, in a cluster or single, with its assigned identity; `marked` as in `cluster_spec`."""
    delete_database = workload.delete_database if isinstance(workload, Node) else False
    return {
        "identityPoolName": workload.pool,
        "identityName": identity_name,
        "deleteDatabase": delete_database,
        **_workload_spec(workload, marked=marked),
    }


def checksum(spec: Any) -> str:
    """SHA-256 (64 hex digits) of a JSON-like value, independent of the order of its keys."""
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _workload_spec(workload: Workload, *, marked: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "config": public_config(workload, marked=marked),
        "version": workload.version,
        "supportedRelease": workload.supported_release,
        "enabled": workload.enabled,
        "service": {"type": workload.service.type},
        "portsAllocation": workload.ports_allocation,
    }
    deployment = public_deployment(workload.deployment, marked=marked)
    if deployment:
        spec["deployment"] = deployment
    return spec
