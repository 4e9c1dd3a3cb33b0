"""Rules about a network of the user's own: its nodes and its funding job must know it."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.clusters import Workload
from config.models.networks import BUILT_IN, NetworkEntry
from config.models.node_configuration import defines_network, has_provider
from config.models.releases import line_of
from config.validation.partial import PartialSettings
from config.validation.release_rules import names_blokli


def _nodes_know_the_network(settings: PartialSettings) -> Iterator[Problem]:
    """hoprd knows only the networks of its release; the program adds the others to each node's configuration."""
    name = settings.network or ""
    entry = settings.networks.get(name)
    if entry is None or name in BUILT_IN:
        return
    missing: dict[str, str] = {}
    for path, workload in settings.workloads():
        line = line_of(workload.version, workload.supported_release)
        if not line.has_networks:
            if not names_blokli(workload):
                yield Problem(
                    f"{path}.version",
                    f"'{workload.version}' takes its network from a Blokli endpoint and has no setting for "
                    f"'{name}'; set HOPRD_PROVIDER in deployment.env to the network's endpoint, or use a 2.2 version",
                )
        elif not defines_network(workload.config, name):
            missing |= _missing_values(entry, workload)
    for field, use in missing.items():
        yield Problem(
            f"networks.{name}.{field}",
            f"is missing, and the nodes need it ({use}), because hoprd does not know '{name}'; set it, or define the "
            "network under hopr.chain.protocols in the nodes' config",
        )


def _missing_values(entry: NetworkEntry, workload: Workload) -> dict[str, str]:
    """The values without which hoprd does not start, and what they are."""
    line, contracts = line_of(workload.version, workload.supported_release), entry.contracts
    return {
        field: use
        for field, use, present in (
            ("contracts.nodeStakeFactory", "the factory of Safes", contracts.node_stake_factory),
            ("contracts.ticketPriceOracle", "the oracle of the ticket price", contracts.ticket_price_oracle),
            (
                "contracts.winningProbabilityOracle",
                "the oracle of the winning probability",
                contracts.winning_probability_oracle or not line.has_probability_oracle,
            ),
            ("provider", "their RPC endpoint, without a key", entry.provider or has_provider(workload.config)),
        )
        if not present
    }


def _funding_job_knows_the_network(settings: PartialSettings) -> Iterator[Problem]:
    """hopli knows only the networks of its release. devnet runs no image, so its job may name any."""
    name, platform = settings.network or "", settings.platform
    if (
        name not in settings.networks
        or name in BUILT_IN
        or platform is None
        or platform.is_devnet
        or platform.images.top_up
    ):
        return
    for pool_name, pool in settings.pools.items():
        if pool.funding:
            yield Problem(
                f"pools.{pool_name}.funding",
                f"runs hopli, which does not know '{name}'; build this program's image "
                "(docs/operations.md#keep-nodes-funded) and set platform.images.topUp, or remove funding",
            )


NETWORK_RULES = (_nodes_know_the_network, _funding_job_knows_the_network)
