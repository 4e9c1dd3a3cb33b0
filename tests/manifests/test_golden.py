"""Each manifest equals its golden file, so that a reviewer sees every change of a manifest."""

from collections.abc import Callable
from typing import Any

from components.manifests import (
    crds,
    deployment,
    funding,
    metadata,
    names,
    pool,
    ports,
    services,
    specs,
    status,
    volume,
)
from components.manifests.labels import identity as identity_labels
from testkit.manifests import samples

Golden = Callable[..., None]
STAMP = {"timestamp": "2026-01-02T03:04:05Z", "checksum": "0" * 64}


def custom_resource(kind: str, name: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": names.API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": samples.NAMESPACE, "finalizers": [names.FINALIZER]},
        "spec": spec,
        "status": status,
    }


def test_custom_resource_definitions(golden: Golden) -> None:
    for definition in crds.all_crds():
        golden(f"crds/{definition['spec']['names']['plural']}", definition)


def test_custom_resources(golden: Golden) -> None:
    golden(
        "custom_resources",
        custom_resource(
            names.POOL_KIND,
            samples.POOL_NAME,
            specs.pool_spec(samples.POOL, "rotsee", names.wallet_secret(samples.POOL_NAME)),
            status.pool_status(desired=7, usable=7, locked=5, stamp=STAMP),
        ),
        custom_resource(
            names.IDENTITY_KIND,
            f"{samples.POOL_NAME}-1",
            specs.identity_spec(samples.POOL_NAME, "e30=", samples.PUBLIC_DATA),
            status.identity_status(f"{samples.CLUSTER_NAME}-1"),
        ),
        custom_resource(
            names.CLUSTER_KIND,
            samples.CLUSTER_NAME,
            specs.cluster_spec(samples.CLUSTER),
            status.cluster_status(["Running"] * 5, enabled=True, stamp=STAMP),
        ),
        custom_resource(
            names.NODE_KIND,
            f"{samples.CLUSTER_NAME}-1",
            specs.node_spec(samples.CLUSTER, f"{samples.POOL_NAME}-1"),
            status.node_status("Running", f"{samples.POOL_NAME}-1", STAMP),
        ),
        custom_resource(
            names.NODE_KIND,
            "tuned",
            specs.node_spec(samples.TUNED_NODE, f"{samples.POOL_NAME}-7"),
            status.node_status("Stopped", f"{samples.POOL_NAME}-7", STAMP),
        ),
    )


def test_pool(golden: Golden) -> None:
    plan = samples.pool_plan()
    golden(
        "pool",
        pool.secret(plan, names.wallet_secret(plan.name), {"HOPRD_API_TOKEN": "dG9rZW4="}),
        pool.service_account(plan),
        pool.service_monitor(plan),
    )


def test_funding(golden: Golden) -> None:
    assert samples.POOL.funding
    plan = samples.pool_plan()
    secret = names.wallet_secret(plan.name)
    golden(
        "funding/hopli",
        funding.funding_job(plan, samples.POOL.funding, samples.PLATFORM.images, secret),
        funding.order(plan, funding.addresses(["0xa", "0xb"])),
    )
    golden(
        "funding/own_image",
        funding.funding_job(plan, samples.POOL.funding, samples.WITH_OWN_IMAGE, secret),
        funding.order(plan, funding.addresses(["0xa", "0xb"]), '{"nodes": {}}'),
    )


def test_identity_volume(golden: Golden) -> None:
    name = f"{samples.POOL_NAME}-1"
    owner = metadata.owner_reference(names.IDENTITY_KIND, name, samples.UID)
    labels = identity_labels(name, samples.POOL_NAME, "rotsee")
    golden("volume", volume.volume_claim(name, samples.NAMESPACE, labels, owner, samples.PLATFORM.persistence))


def test_node_of_a_cluster(golden: Golden) -> None:
    node = samples.cluster_node()
    golden("node/deployment", deployment.deployment(node, "203.0.113.10:9000"))
    golden("node/service", services.service(node))
    golden("node/ingress", services.ingress(node))


def test_node_behind_its_own_load_balancer_with_overrides(golden: Golden) -> None:
    node = samples.single_node()
    golden("single_node/deployment", deployment.deployment(node, "198.51.100.7:9091"))
    golden(
        "single_node/services",
        services.service(node),
        services.p2p_service(node, "TCP"),
        services.p2p_service(node, "UDP", "198.51.100.7"),
    )


def test_port_map_entries(golden: Golden) -> None:
    blocks = {"core-2": range(9003, 9006), "core-1": range(9000, 9003)}
    golden("port_map", ports.port_map_entries(samples.NAMESPACE, blocks))
