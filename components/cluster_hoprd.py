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
from components.manifests.status import cluster_status
from config.models.clusters import Cluster
from config.models.platform import Platform
from config.models.settings import NodeWorkload


@dataclass(frozen=True)
class ClusterHoprdArgs:
    """The cluster, its nodes by name, and functions that return a node's assignment and an object's stamp."""

    cluster: Cluster
    nodes: Mapping[str, NodeWorkload]
    platform: Platform
    pool: IdentityPool
    assignment_of: Callable[[str], pulumi.Output[Assignment]]
    stamp_of: Callable[[str, str], pulumi.Output[Mapping[str, str]]]


class ClusterHoprd(pulumi.ComponentResource):
    """The custom resource of the cluster and its nodes `<cluster>-1` … `<cluster>-<replicas>`.

    Scaling adds or removes the highest numbers and changes no other node.
    """

    nodes: dict[str, Hoprd]
    """The nodes by name."""

    def __init__(self, name: str, args: ClusterHoprdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:ClusterHoprd", name, None, opts)
        cluster = args.cluster
        resource = HoprResource(
            f"{name}-resource",
            kind=names.CLUSTER_KIND,
            name=name,
            namespace=args.platform.namespace,
            labels=labels.cluster(name, cluster.pool, args.pool.network),
            spec=cluster_spec(cluster),
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
                    stamp=args.stamp_of(names.NODE_KIND, node),
                    owner=resource.owner,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for node, workload in args.nodes.items()
        }
        phases = pulumi.Output.all(*[node.phase for node in self.nodes.values()])
        status = pulumi.Output.all(phases, args.stamp_of(names.CLUSTER_KIND, name)).apply(
            lambda seen: cluster_status(seen[0], enabled=cluster.enabled, stamp=seen[1])
        )
        resource.patch(
            f"{name}-status",
            status,
            pulumi.ResourceOptions(parent=self, depends_on=[resource, *self.nodes.values()]),
        )
        self.register_outputs({"nodes": list(self.nodes)})
