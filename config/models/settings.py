"""The whole of a stack's settings, and `parse`, which makes them from plain data or says everything that is wrong."""

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


class PlacedWorkload(NamedTuple):
    """One node: what it runs, the cluster it belongs to, and the identity it must have (None: any that is free)."""

    workload: Workload
    cluster_name: str | None
    identity_name: str | None


class Settings(Model):
    """Everything the program needs to know, valid as a whole."""

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

    def workloads(self) -> dict[str, PlacedWorkload]:
        """Every node of clusters and every single node, by node name."""
        placed: dict[str, PlacedWorkload] = {}
        for cluster_name, cluster in self.clusters.items():
            for number, node_name in enumerate(cluster.node_names(cluster_name), start=1):
                identity = f"{cluster.pool}-{number}" if cluster.force_identity_name else None
                placed[node_name] = PlacedWorkload(cluster, cluster_name, identity)
        for node_name, node in self.nodes.items():
            placed[node_name] = PlacedWorkload(node, None, node.identity_name)
        return placed
