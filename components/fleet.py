"""Register all components of a stack, in the order of their dependencies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.allocation import AllocationRequest, Assignment, Inventory
from components.allocation_provider import Allocation, assignments_of
from components.change_stamps import ChangeStamps
from components.cluster_hoprd import ClusterHoprd, ClusterHoprdArgs
from components.hoprd import Hoprd, HoprdArgs
from components.identity_pool import IdentityPool, IdentityPoolArgs
from components.manifests import names
from components.manifests.ports import port_map_entries
from components.manifests.specs import checksum, cluster_spec, node_spec, pool_spec
from components.platform import Platform, PlatformArgs
from components.port_maps import PortMaps
from config.models.settings import Settings
from identity.keys import escrow
from identity.secrets.sources import secrets_of


@dataclass(frozen=True)
class Fleet:
    """The registered pools and nodes, by name."""

    pools: Mapping[str, IdentityPool]
    nodes: Mapping[str, Hoprd]


def deploy(settings: Settings) -> Fleet:
    """Register all components.

    Read the secrets and check the escrow first, so that a preview reports their errors. Raise the errors of
    `secrets_of` and `escrow.require`.
    """
    secrets = secrets_of(settings.wallet, settings.platform)
    escrow.require(settings.escrow, settings.stack)
    retains_volumes = any(pool.retain_volumes for pool in settings.pools.values())
    platform = Platform("platform", PlatformArgs(settings.platform, retains_volumes))
    in_cluster = pulumi.ResourceOptions(providers={"kubernetes": platform.provider})

    workloads = settings.workloads()
    shares_ports = any(node.workload.service.type == "ClusterIP" for node in workloads.values())
    port_maps = PortMaps("port-maps", settings.platform.ingress, in_cluster) if shares_ports else None
    allocation = Allocation(
        "allocation",
        requests=_requests(settings),
        inventory=_inventory(settings),
        namespace=settings.platform.namespace,
        live_port_maps=port_maps.live if port_maps else [],
    )
    assignments = allocation.assignments.apply(assignments_of)
    stamps = ChangeStamps("change-stamps", assignments.apply(lambda assigned: _checksums(settings, assigned)))
    if port_maps:
        port_maps.publish(assignments.apply(lambda assigned: _entries(settings, assigned)))

    users = assignments.apply(lambda assigned: {assignment.identity: node for node, assignment in assigned.items()})
    pools = {
        name: IdentityPool(
            name,
            IdentityPoolArgs(settings, secrets, users, stamps.of(names.POOL_KIND, name), platform.prerequisites),
            in_cluster,
        )
        for name in settings.pools
    }
    clusters = [
        ClusterHoprd(
            name,
            ClusterHoprdArgs(
                cluster=cluster,
                nodes={node: workloads[node] for node in cluster.node_names(name)},
                platform=settings.platform,
                pool=pools[cluster.pool],
                assignment_of=allocation.of,
                stamp_of=stamps.of,
            ),
            in_cluster,
        )
        for name, cluster in settings.clusters.items()
    ]
    single = _single_nodes(settings, pools, allocation, stamps, in_cluster)
    in_clusters = {name: node for cluster in clusters for name, node in cluster.nodes.items()}
    return Fleet(pools, {**in_clusters, **single})


def _single_nodes(
    settings: Settings,
    pools: Mapping[str, IdentityPool],
    allocation: Allocation,
    stamps: ChangeStamps,
    options: pulumi.ResourceOptions,
) -> dict[str, Hoprd]:
    """Register the nodes that belong to no cluster."""
    workloads = settings.workloads()
    return {
        name: Hoprd(
            name,
            HoprdArgs(
                node=workloads[name],
                platform=settings.platform,
                pool=pools[node.pool],
                assignment=allocation.of(name),
                stamp=stamps.of(names.NODE_KIND, name),
            ),
            options,
        )
        for name, node in settings.nodes.items()
    }


def _requests(settings: Settings) -> dict[str, AllocationRequest]:
    """Nodes with their own address get no ports of the shared range."""
    return {
        name: AllocationRequest(
            pool=node.workload.pool,
            identity=node.identity_name,
            ports=node.workload.ports_allocation if node.workload.service.type == "ClusterIP" else 0,
        )
        for name, node in settings.workloads().items()
    }


def _inventory(settings: Settings) -> Inventory:
    ports = settings.platform.ingress.ports
    return Inventory(
        pools={name: pool.in_service(name) for name, pool in settings.pools.items()},
        retired=frozenset(name for pool in settings.pools.values() for name in pool.retired),
        first_port=ports.min,
        last_port=ports.max,
    )


def _entries(settings: Settings, assigned: Mapping[str, Assignment]) -> dict[str, str]:
    return port_map_entries(
        settings.platform.namespace, {node: assignment.block for node, assignment in assigned.items()}
    )


def _checksums(settings: Settings, assigned: Mapping[str, Assignment]) -> dict[str, str]:
    """The checksum of each spec, by `<kind>/<name>`."""
    specs: dict[tuple[str, str], Any] = {}
    for name, pool in settings.pools.items():
        secret_name = pool.secret_name or names.wallet_secret(name)
        specs[names.POOL_KIND, name] = pool_spec(pool, settings.network.name, secret_name)
    for name, cluster in settings.clusters.items():
        specs[names.CLUSTER_KIND, name] = cluster_spec(cluster)
    for name, node in settings.workloads().items():
        specs[names.NODE_KIND, name] = node_spec(node.workload, assigned[name].identity)
    return {f"{kind}/{name}": checksum(spec) for (kind, name), spec in specs.items()}
