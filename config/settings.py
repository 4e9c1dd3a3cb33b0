"""The whole of a stack's settings, and `parse`, which makes them from plain data or says everything that is wrong."""

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from config.chain import Chain
from config.clusters import Cluster, Node, Workload
from config.contradictions import contradictions
from config.draft import read
from config.errors import ConfigurationError
from config.escrow import Escrow
from config.model import Model
from config.networks import BUILT_IN, Network
from config.platform import Platform
from config.pools import Pool
from config.secrecy import Secrecy
from config.spending import Spending
from config.stack_file import StackFile
from config.wallet import Wallet


class PlacedWorkload(NamedTuple):
    """One node: what it runs, the cluster it belongs to, and the identity it must have (None: any that is free)."""

    workload: Workload
    cluster_name: str | None
    identity_name: str | None


class Settings(Model):
    """Everything the program needs to know, valid as a whole."""

    stack: str
    network: Network
    chain: Chain
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


def plain(text: str) -> object:
    """What a value says: Pulumi hands mappings over as JSON, with nested secrets decrypted, and all else as text."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return parsed if isinstance(parsed, dict | list) else text


def parse(raw: Mapping[str, object], stack: str, secret_sections: Collection[str] = ()) -> Settings:
    """The settings of a stack from its configuration: keys as in the stack file without `hoprd:`, secrets decrypted.

    Raises ConfigurationError with every problem at once: each value that breaks a rule of its own, and each rule
    between values that can be judged on those that are valid. `secret_sections` names keys whose values are not shown.
    """
    secrecy = Secrecy(raw, secret_sections)
    draft = read(raw, secrecy, stack)
    problems = (*draft.problems, *draft.missing_secrets, *contradictions(draft))
    if problems:
        raise ConfigurationError([secrecy.problem(problem) for problem in problems])
    given = {key: value for key, value in raw.items() if value is not None}
    file = StackFile.model_validate(given, by_alias=True, by_name=False)
    network = {**BUILT_IN, **file.networks}[file.network]
    return Settings(
        stack=stack,
        network=Network(name=file.network, chain_id=network.chain_id, contracts=network.contracts),
        chain=file.chain,
        wallet=file.wallet,
        spending=file.spending,
        escrow=file.escrow,
        platform=file.platform,
        pools=file.pools,
        clusters=file.clusters,
        nodes=file.nodes,
    )
