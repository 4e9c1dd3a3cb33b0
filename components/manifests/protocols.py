"""`hopr.chain.protocols` of a node's configuration: what hoprd must know about a network of the user's own.

The fields and their names are those of hoprd's protocol-config.json (2.1 and 2.2), which refuses unknown fields.
"""

from dataclasses import dataclass
from typing import Any

from config.models.chain import ChainSettings
from config.models.clusters import Workload
from config.models.networks import BUILT_IN, Network
from config.models.node_configuration import defines_network, with_protocols
from config.models.releases import ReleaseLine, line_of

_TX_POLLING_INTERVAL_MS = 1000
_MAX_BLOCK_RANGE = 200
_PROVIDER_OF_THE_NODE = "http://provider.invalid"
"""hoprd requires a default endpoint; a node without one in the network has its own in `hopr.chain.provider`."""


@dataclass(frozen=True)
class Protocols:
    """A network and the settings of its chain."""

    network: Network
    chain: ChainSettings

    def configuration(self, workload: Workload) -> str:
        """The configuration of a node, with its network unless hoprd or the configuration itself knows it."""
        line = line_of(workload.version, workload.supported_release)
        name = self.network.name
        if name in BUILT_IN or not line.has_networks or defines_network(workload.config, name):
            return workload.config
        return with_protocols(workload.config, self._protocols(line))

    def _protocols(self, line: ReleaseLine) -> dict[str, Any]:
        name, chain = self.network.name, self.chain
        network = {
            "chain": name,
            "environment_type": "development",
            "version_range": "*",
            "indexer_start_block_number": self.network.indexer_start_block,
            "tags": [],
            "addresses": self._addresses(line),
            "confirmations": chain.confirmations,
            "tx_polling_interval": _TX_POLLING_INTERVAL_MS,
            "max_block_range": _MAX_BLOCK_RANGE,
        }
        of_chain = {
            "description": f"The chain of network {name}",
            "chain_id": self.network.chain_id,
            "live": False,
            "default_provider": self.network.provider or _PROVIDER_OF_THE_NODE,
            "max_fee_per_gas": f"{chain.max_fee_gwei} gwei",
            "max_priority_fee_per_gas": f"{chain.priority_fee_gwei} gwei",
            "native_token_name": "xDAI",
            "hopr_token_name": "wxHOPR",
            "block_time": max(chain.block_time_s, 1) * 1000,
            "tags": [],
        }
        return {"networks": {name: network}, "chains": {name: of_chain}}

    def _addresses(self, line: ReleaseLine) -> dict[str, str | None]:
        contracts = self.network.contracts
        probability = {"winning_probability_oracle": contracts.winning_probability_oracle}
        return {
            "network_registry": contracts.network_registry,
            "network_registry_proxy": contracts.network_registry_proxy,
            "channels": contracts.channels,
            "token": contracts.token,
            "module_implementation": contracts.module_implementation,
            "node_safe_registry": contracts.node_safe_registry,
            "ticket_price_oracle": contracts.ticket_price_oracle,
            **(probability if line.has_probability_oracle else {}),
            "announcements": contracts.announcements,
            "node_stake_v2_factory": contracts.node_stake_factory,
        }
