"""A cluster of nodes with one version and configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi

from components.allocation import Assignment
from components.custom_resources import HoprResource
from components.hoprd import Hoprd, HoprdArgs
from components.identity_pool import IdentityPool
from components.manifests import labels, names
from components.manifests.specs import cluster_spec
from config.models.clusters import Cluster
from config.models.platform import Platform
from config.models.settings import NodeWorkload


@dataclass(frozen=True)
class ClusterHoprdArgs:
    """The cluster, its nodes by name, and a function that returns a node's assignment.

    With `marked`, Pulumi knows the cluster's section of the configuration as secret.
    """

    cluster: Cluster
    marked: bool
    nodes: Mapping[str, NodeWorkload]
    platform: Platform
    pool: IdentityPool
    assignment_of: Callable[[str], pulumi.Output[Assignment]]


class ClusterHoprd(pulumi.ComponentResource):
    """The custom resource of the cluster and its nodes `<cluster>-1` … `<cluster>-<replicas>`.

    Scaling adds or removes the highest numbers and changes no other node.
    """

    nodes: dict[str, Hoprd]
    """The nodes by name."""
    resource: HoprResource
    """The custom resource."""

    def __init__(self, name: str, args: ClusterHoprdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:ClusterHoprd", name, None, opts)
        cluster = args.cluster
        self.resource = HoprResource(
            f"{name}-resource",
            kind=names.CLUSTER_KIND,
            name=name,
            namespace=args.platform.namespace,
            labels=labels.cluster(name, cluster.pool, args.pool.network),
            spec=cluster_spec(cluster, marked=args.marked),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.pool.prerequisites),
        )
        self.nodes = {
            node: Hoprd(
                node,
                HoprdArgs(
                    node=workload,
                    platform=args.platform,
                    pool=args.pool,
                    assignment=args.assignment_of(node),
                    owner=self.resource,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for node, workload in args.nodes.items()
        }
        self.register_outputs({"nodes": list(self.nodes)})
