"""A pool's spec next to what the chain shows of it: the one basis on which a preview and the provider decide."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from config.errors import Problem
from config.models.chain import ChainSettings
from config.stack_state import PoolState
from identity.chain.client import ChainClient
from identity.evm.contracts import ZERO_ADDRESS
from identity.observation import deployers
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.observation.pool_spec import PoolSpec
from identity.provisioning.forecast import forecast
from identity.provisioning.preflight import Cost, cost_of, examine, role_problems
from identity.provisioning.transactions import Transaction
from identity.submission.spending import Reserve, Sum

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wallets:
    """The wallets of a stack that can have deployed a Safe, the present one first, and the one before the present."""

    candidates: Sequence[str]
    previous: str | None = None


@dataclass(frozen=True)
class Assessment:
    """One observation of a pool, and what follows from it. Nothing here sends a transaction."""

    chain: ChainClient
    chain_settings: ChainSettings
    spec: PoolSpec
    desired: DesiredPool
    observed: ObservedPool
    deployers: Mapping[str, str]

    @classmethod
    def of(
        cls, chain: ChainClient, chain_settings: ChainSettings, spec: PoolSpec, wallets: Wallets, recorded: PoolState
    ) -> Self:
        """Observes the pool at one block; `recorded` is what an earlier run wrote into the state.

        An identity without keys gets a placeholder address, so that sums and gas can be forecast. Raises ChainError.
        """
        nodes = with_placeholders(spec.nodes)
        deployed_by = find_deployers(chain, spec, spec.known_nodes, wallets, recorded)
        desired = spec.desired(nodes, deployers=deployed_by, previous_wallet=wallets.previous)
        observed = observe(chain, desired, recorded.known_eligible)
        return cls(chain, chain_settings, spec, desired, observed, deployed_by)

    def with_eligibility_assumed(self) -> Self:
        """For previews: without a log search only the state records which Safes are eligible, and they have none."""
        if self.observed.logs_searched:
            return self
        assumed = {
            name: replace(seen, eligible=seen.registered_to != ZERO_ADDRESS)
            for name, seen in self.observed.identities.items()
        }
        return replace(self, observed=replace(self.observed, identities=assumed))

    @cached_property
    def deferred(self) -> frozenset[str]:
        """Identities with an existing Safe whose node is not known yet: a module is right for one node only."""
        return frozenset(name for name, node in self.spec.nodes.items() if node is None and name in self.spec.existing)

    @cached_property
    def in_service(self) -> DesiredPool:
        """What must be usable."""
        return self.desired.only(self.spec.nodes.keys() - self.spec.retired - self.deferred)

    @cached_property
    def retired(self) -> DesiredPool:
        """What must be decommissioned."""
        return self.desired.only(self.spec.retired - self.deferred)

    @cached_property
    def transactions(self) -> tuple[Transaction, ...]:
        """All transactions that provisioning takes if nobody interferes; raises PlanRefused."""
        transactions = forecast(self.in_service, self.observed, self.chain_settings.block_gas_limit)
        for transaction in transactions:
            _log.debug("pool %s: forecast %s, %d gas", self.spec.pool, transaction.summary, transaction.gas)
        return transactions

    @property
    def is_incomplete(self) -> bool:
        """Whether provisioning has anything to do; raises PlanRefused."""
        return bool(self.transactions or role_problems(self.in_service, self.observed))

    @property
    def cost(self) -> Cost:
        """What these transactions cost."""
        return cost_of(self.transactions, self.observed, self.chain_settings)

    @property
    def due(self) -> Sum:
        """What provisioning takes from the wallet, with gas at the highest allowed fee."""
        return self.cost.due

    def problems(self, reserve: Reserve) -> list[Problem]:
        """Everything that prevents provisioning; `reserve` must stay in the wallet."""
        return examine(self.chain, self.in_service, self.observed, self.chain_settings, reserve)


def find_deployers(
    chain: ChainClient, spec: PoolSpec, nodes: Mapping[str, str], wallets: Wallets, recorded: PoolState
) -> dict[str, str]:
    """The wallet that deployed each Safe: as recorded, else the first candidate whose Safe for the node has acted."""
    known = {name: wallet for name, wallet in {**spec.deployers, **recorded.deployers}.items() if name in nodes}
    unknown = {name: node for name, node in nodes.items() if name not in known}
    return {**deployers.find(chain, spec.network, wallets.candidates, unknown), **known}


def with_placeholders(nodes: Mapping[str, str | None]) -> dict[str, str]:
    """The nodes, with an address that nobody has for each identity without keys."""
    return {name: node or to_checksum_address(keccak(text=f"no keys yet: {name}")[12:]) for name, node in nodes.items()}
