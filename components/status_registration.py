"""Registers the resources that finish a stack: they wait for its nodes and write the status of its custom resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.allocation import Assignment
from components.cluster_hoprd import ClusterHoprd
from components.hoprd import Hoprd
from components.identity_pool import IdentityPool
from components.manifests import names
from components.status.fleet_status import FleetFinalizers, FleetStatus, FleetStatusArgs
from config.models.settings import Settings


@dataclass(frozen=True)
class Registered:
    """The components of a stack by name, and functions that return a node's assignment and an object's stamp."""

    settings: Settings
    pools: Mapping[str, IdentityPool]
    clusters: Mapping[str, ClusterHoprd]
    nodes: Mapping[str, Hoprd]
    assignment_of: Callable[[str], pulumi.Output[Assignment]]
    stamp_of: Callable[[str, str], pulumi.Output[Mapping[str, str]]]


def register_status(fleet: Registered) -> FleetStatus:
    """Register the finalizers after the custom resources, and the status after everything else."""
    identities = {name: one for pool in fleet.pools.values() for name, one in pool.identities.items()}
    by_kind = {
        names.POOL_KIND: {name: pool.resource for name, pool in fleet.pools.items()},
        names.IDENTITY_KIND: {name: identity.resource for name, identity in identities.items()},
        names.CLUSTER_KIND: {name: cluster.resource for name, cluster in fleet.clusters.items()},
        names.NODE_KIND: {name: node.resource for name, node in fleet.nodes.items()},
    }
    resources = [one for found in by_kind.values() for one in found.values()]
    finalizers = FleetFinalizers(
        "fleet-finalizers",
        fleet.settings.platform,
        {kind: list(found) for kind, found in by_kind.items()},
        pulumi.ResourceOptions(depends_on=resources),
    )
    objects = [
        *(one for pool in fleet.pools.values() for one in pool.objects),
        *(identity.volume for identity in identities.values()),
        *(one for node in fleet.nodes.values() for one in node.objects),
    ]
    return FleetStatus(
        "fleet-status", _desired(fleet), pulumi.ResourceOptions(depends_on=[finalizers, *resources, *objects])
    )


def _desired(fleet: Registered) -> FleetStatusArgs:
    settings, workloads = fleet.settings, fleet.settings.workloads()
    pools: dict[str, dict[str, Any]] = {
        name: {
            "identities": list(pool.identities),
            "usable": pool.usable,
            "stamp": fleet.stamp_of(names.POOL_KIND, name),
        }
        for name, pool in fleet.pools.items()
    }
    clusters = {
        name: {
            "nodes": list(cluster.nodes),
            "enabled": settings.clusters[name].enabled,
            "stamp": fleet.stamp_of(names.CLUSTER_KIND, name),
        }
        for name, cluster in fleet.clusters.items()
    }
    nodes = {
        name: {
            "identity": fleet.assignment_of(name).apply(lambda assignment: assignment.identity),
            "enabled": workloads[name].workload.enabled,
            "digest": node.digest,
            "stamp": fleet.stamp_of(names.NODE_KIND, name),
        }
        for name, node in fleet.nodes.items()
    }
    return FleetStatusArgs(settings.platform, pools, clusters, nodes)
