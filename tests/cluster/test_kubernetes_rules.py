"""Our rules and the API server give the same answer for each value: the server validates with a dry run."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from components.manifests import funding, labels, names, services, volume
from components.manifests.deployment import deployment
from components.manifests.pool import PoolPlan
from components.manifests.ports import NodePorts
from components.manifests.secret_values import secret
from config.models.platform import Persistence
from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.config.dry_run import DryRun
from testkit.config.kubernetes_values import FIELDS
from testkit.config.sample import changed, problems
from testkit.manifests import samples

NAMESPACE = "default"
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def server(devnet: DevnetInfo, devnet_home: Home) -> DryRun:
    return DryRun(devnet_home.kubeconfig, NAMESPACE)


def _deployment() -> Manifest:
    node = samples.cluster_node()
    return copy.deepcopy(deployment(node, "203.0.113.10:9000"))


def _container(field: str) -> Callable[[Any], Manifest]:
    def manifest(value: Any) -> Manifest:
        made = _deployment()
        made["spec"]["template"]["spec"]["containers"][0][field] = value
        return made

    return manifest


def _secret_name(value: str) -> Manifest:
    made = _deployment()
    variables = made["spec"]["template"]["spec"]["containers"][0]["env"]
    for entry in variables:
        if "valueFrom" in entry:
            entry["valueFrom"]["secretKeyRef"]["name"] = value
    return made


def _cron_job(value: str, pool: str = samples.POOL_NAME) -> Manifest:
    plan = PoolPlan(pool, "rotsee", NAMESPACE, {})
    assert samples.POOL.funding
    made = funding.funding_job(plan, samples.POOL.funding, samples.PLATFORM.images, names.wallet_secret(pool))
    made["spec"]["schedule"] = value
    return made


def _claim(**persistence: Any) -> Manifest:
    settings = Persistence.model_construct(**persistence)
    return volume.volume_claim("core-1", NAMESPACE, labels.identity("core-1", "core", "rotsee"), {}, settings)


def _ingress(**changes: Any) -> Manifest:
    made = copy.deepcopy(services.ingress(samples.cluster_node()))
    for key, value in changes.items():
        target = made["metadata"] if key == "annotations" else made["spec"]
        target[key] = value
    return made


def _host(domain: str) -> Manifest:
    host = names.api_host("edge-5", "hoprd", domain)
    made = _ingress()
    tls = {"hosts": [host], "secretName": "edge-5-tls"}  # pragma: allowlist secret
    return _ingress(rules=[{**made["spec"]["rules"][0], "host": host}], tls=[tls])


def _configuration(text: str) -> Manifest:
    node = samples.cluster_node(workload=samples.CLUSTER.model_copy(update={"config": text}), marked=True)
    made = secret(node)
    return {**made, "metadata": {**made["metadata"], "ownerReferences": []}}


MANIFESTS: dict[str, Callable[[Any], Manifest]] = {
    "pools/core/funding/schedule": _cron_job,
    "pools/core/secretName": _secret_name,
    "platform/persistence/size": lambda value: _claim(size=value, storage_class=None),
    "platform/persistence/storageClass": lambda value: _claim(size="4Gi", storage_class=value),
    "platform/namespace": lambda value: {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": value}},
    "platform/ingress/className": lambda value: _ingress(ingressClassName=value),
    "platform/ingress/dnsDomain": _host,
    "platform/ingress/annotations": lambda value: _ingress(annotations=value),
    "clusters/edge/config": _configuration,
    "clusters/edge/deployment/resources": _container("resources"),
    "clusters/edge/deployment/env": _container("env"),
    "clusters/edge/deployment/readinessProbe": _container("readinessProbe"),
    "clusters/edge/deployment/livenessProbe": _container("livenessProbe"),
    "clusters/edge/deployment/startupProbe": _container("startupProbe"),
}
"""For each field: the object that the program creates from its value, whether it is valid or not."""


@pytest.mark.parametrize("path", FIELDS)
def test_the_api_server_gives_our_answer(path: str, server: DryRun) -> None:
    differences = []
    for value in [value for values in FIELDS[path] for value in values]:
        ours, theirs = problems(changed({path: value})), server.refusal(MANIFESTS[path](value))
        if bool(ours) != bool(theirs):
            differences.append(f"{value!r}: ours {ours or 'accepted'}, the API server: {theirs or 'accepted'}")
    assert differences == []


def _objects(pool: str, cluster: str, service_type: str) -> Iterator[Manifest]:
    """The objects with the longest names of a pool with 7 identities and a cluster with 5 nodes."""
    yield _cron_job("0 * * * *", pool)
    identity, node_name = f"{pool}-7", f"{cluster}-5"
    yield volume.volume_claim(identity, NAMESPACE, labels.identity(identity, pool, "rotsee"), {}, Persistence())
    node = samples.cluster_node(name=node_name, cluster_name=cluster, identity_name=identity, ports=NodePorts(9000, 10))
    for made in (deployment(node, "203.0.113.10:9000"), services.service(node), services.ingress(node)):
        yield {**made, "metadata": {**made["metadata"], "ownerReferences": []}}
    if service_type == "LoadBalancer":
        yield from ({**services.p2p_service(node, protocol)} for protocol in ("TCP", "UDP"))


@pytest.mark.parametrize("service_type", ["ClusterIP", "LoadBalancer"])
@pytest.mark.parametrize(
    ("pool_length", "cluster_length"), [(38, 20), (39, 20), (40, 20), (20, 53), (20, 54), (20, 61), (20, 62), (20, 63)]
)
def test_the_longest_name_of_a_child_decides(
    pool_length: int, cluster_length: int, service_type: str, server: DryRun
) -> None:
    pool, cluster = "p" * pool_length, "c" * cluster_length
    raw = changed({"nodes": {}})
    raw["pools"] = {pool: raw["pools"]["core"]}
    raw["clusters"] = {cluster: {**raw["clusters"]["edge"], "pool": pool, "service": {"type": service_type}}}
    refusals = [reason for made in _objects(pool, cluster, service_type) if (reason := server.refusal(made))]
    ours = problems(raw)
    assert bool(ours) == bool(refusals), f"ours: {ours}, the API server: {refusals}"
