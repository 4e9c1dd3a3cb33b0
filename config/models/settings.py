"""The complete, validated settings of a stack."""

from typing import NamedTuple

from config.models.chain import ChainSettings
from config.models.clusters import Cluster, Node, Workload
from config.models.escrow import Escrow
from config.models.model import Model
from config.models.networks import Network
from config.models.platform import Platform
from config.models.pools import Pool
from config.models.spending import Spending
from config.models.wallet import Wallet


class NodeWorkload(NamedTuple):
    """One node: its workload, its cluster (None: a single node) and the identity it must use (None: any free one).

    With `marked`, Pulumi knows its section of the configuration as secret.
    """

    workload: Workload
    cluster_name: str | None
    identity_name: str | None
    marked: bool = False


class Settings(Model):
    """All settings of the program. Every rule between values holds."""

    stack: str
    network: Network
    chain: ChainSettings
    wallet: Wallet
    platform: Platform
    pools: dict[str, Pool]
    clusters: dict[str, Cluster]
    nodes: dict[str, Node]
    spending: Spending = Spending()
    escrow: Escrow = Escrow()
    secret_sections: frozenset[str] = frozenset()
    """The sections that Pulumi knows as secret: at least one of their values is."""

    def workloads(self) -> dict[str, NodeWorkload]:
        """All nodes, those of clusters and single ones, by name."""
        nodes: dict[str, NodeWorkload] = {}
        for cluster_name, cluster in self.clusters.items():
            for number, node_name in enumerate(cluster.node_names(cluster_name), start=1):
                identity = f"{cluster.pool}-{number}" if cluster.force_identity_name else None
                nodes[node_name] = NodeWorkload(cluster, cluster_name, identity, "clusters" in self.secret_sections)
        for node_name, node in self.nodes.items():
            nodes[node_name] = NodeWorkload(node, None, node.identity_name, "nodes" in self.secret_sections)
        return nodes
