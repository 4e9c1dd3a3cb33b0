"""Preflight: checks contracts, fees, roles and balances before the first transaction, and reports all problems."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from config.errors import Problem
from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from identity.chain.client import ChainClient
from identity.errors import CallReverted, FeeAboveCap, PreflightFailed
from identity.evm import gas
from identity.evm.addresses import PROXY_CREATION_CODE_HASH
from identity.evm.contracts import (
    CREATE_CALL,
    FALLBACK_HANDLER,
    MODULE,
    MULTI_SEND,
    MULTI_SEND_CALL_ONLY,
    MULTICALL3,
    PROXY_FACTORY,
    SAFE,
    SAFE_PROXY_FACTORY,
    SAFE_SINGLETON,
    Interface,
)
from identity.observation import provenance
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool
from identity.provisioning.forecast import forecast
from identity.provisioning.plan import can_self_register, is_registered
from identity.provisioning.transactions import Transaction
from identity.submission.spending import Reserve, Sum
from identity.submission.wallet import GWEI, fees_at
from identity.submission.wallet_transaction import WalletTransaction

_log = logging.getLogger(__name__)

_SAFE_VERSION = "1.4.1"
NO_RESERVE = Reserve()


@dataclass(frozen=True)
class Cost:
    """The cost of transactions in wei; gas as expected at the current fee, and at most at the highest allowed fee."""

    transactions: int
    gas: int
    fee_now_wei: int
    fee_most_wei: int
    xdai_wei: int
    wxhopr_wei: int

    @property
    def xdai_needed_wei(self) -> int:
        """The xDai that the wallet needs: payments, and gas at the cap."""
        return self.xdai_wei + self.fee_most_wei

    @property
    def due(self) -> Sum:
        """What the transactions take from the wallet, with gas at the cap."""
        return Sum(self.xdai_needed_wei, self.wxhopr_wei)


def cost_of(transactions: Sequence[WalletTransaction], observed: ObservedPool, chain_settings: ChainSettings) -> Cost:
    """Return the cost at the observed block's fee; `fee_most_wei` includes the margin of each gas limit."""
    used = sum(transaction.gas for transaction in transactions)
    most = sum(gas.limit(transaction.gas, chain_settings.block_gas_limit) for transaction in transactions)
    price_wei = min(
        observed.block.base_fee_wei + chain_settings.priority_fee_gwei * GWEI, chain_settings.max_fee_gwei * GWEI
    )
    return Cost(
        transactions=len(transactions),
        gas=used,
        fee_now_wei=used * price_wei,
        fee_most_wei=most * chain_settings.max_fee_gwei * GWEI,
        xdai_wei=sum(transaction.xdai_wei for transaction in transactions),
        wxhopr_wei=sum(transaction.wxhopr_wei for transaction in transactions),
    )


def require(
    chain: ChainClient,
    desired: DesiredPool,
    observed: ObservedPool,
    chain_settings: ChainSettings,
    reserve: Reserve = NO_RESERVE,
) -> None:
    """Raise PreflightFailed with all problems."""
    problems = examine(chain, desired, observed, chain_settings, reserve)
    if problems:
        raise PreflightFailed(problems)


def require_balances(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings, reserve: Reserve
) -> None:
    """Raise PreflightFailed if the wallet's balances do not cover the forecast; sends no request."""
    transactions = forecast(desired, observed, chain_settings.block_gas_limit)
    if problems := _balance_problems(transactions, desired, observed, chain_settings, reserve):
        raise PreflightFailed(problems)


def examine(
    chain: ChainClient,
    desired: DesiredPool,
    observed: ObservedPool,
    chain_settings: ChainSettings,
    reserve: Reserve = NO_RESERVE,
) -> list[Problem]:
    """Return all problems that prevent the forecast transactions; empty if they may be submitted.

    The wallet must keep `reserve` afterwards.
    """
    contracts = _contract_problems(chain, desired)
    if contracts:
        return contracts  # without contracts, the observed values mean nothing
    transactions = forecast(desired, observed, chain_settings.block_gas_limit)
    problems = [
        *_fee_problems(observed, chain_settings),
        *_size_problems(transactions, observed, chain_settings),
        *role_problems(desired, observed),
        *_balance_problems(transactions, desired, observed, chain_settings, reserve),
        *provenance.examine(chain, desired, observed),
    ]
    _log.debug("preflight of %d transactions: %d problems", len(transactions), len(problems))
    return problems


def require_contracts(chain: ChainClient, desired: DesiredPool) -> None:
    """Raise PreflightFailed if contracts are missing, because observed values then mean nothing; raises WrongChain."""
    chain.require_network(desired.network)
    if problems := _contract_problems(chain, desired):
        raise PreflightFailed(problems)


def _contract_problems(chain: ChainClient, desired: DesiredPool) -> list[Problem]:
    """Return the contracts that are absent or wrong."""
    contracts = desired.contracts.model_dump(by_alias=True, exclude_none=True, exclude={"node_stake_factory"})
    where = f"networks.{desired.network.name}.contracts"
    expected = {f"{where}.{name}": address for name, address in contracts.items()} | {
        "chain (Multicall3)": MULTICALL3,
        "chain (Safe singleton)": SAFE_SINGLETON,
        "chain (Safe proxy factory)": SAFE_PROXY_FACTORY,
        "chain (Safe fallback handler)": FALLBACK_HANDLER,
        "chain (CreateCall)": CREATE_CALL,
        "chain (MultiSend)": MULTI_SEND,
        "chain (MultiSendCallOnly)": MULTI_SEND_CALL_ONLY,
    }
    absent = [
        Problem(path, f"there is no contract at {address} on chain {desired.network.chain_id} ({chain.label})")
        for path, address in expected.items()
        if not chain.code(address)
    ]
    return absent or _behaviour_problems(chain, desired, where)


def _behaviour_problems(chain: ChainClient, desired: DesiredPool, where: str) -> list[Problem]:
    """Return the contracts that exist but do not behave as expected."""
    implementation = desired.contracts.module_implementation
    problems = []
    if _call(chain, MODULE, implementation, "isHoprNodeManagementModule") is not True:
        problems.append(Problem(f"{where}.moduleImplementation", f"{implementation} is not a node-management module"))
    if (version := _call(chain, SAFE, SAFE_SINGLETON, "VERSION")) != _SAFE_VERSION:
        problems.append(
            Problem("chain", f"the Safe at {SAFE_SINGLETON} has version {version}, expected {_SAFE_VERSION}")
        )
    code = _call(chain, PROXY_FACTORY, SAFE_PROXY_FACTORY, "proxyCreationCode")
    if not isinstance(code, bytes) or keccak(code) != PROXY_CREATION_CODE_HASH:
        problems.append(
            Problem("chain", f"the proxy factory at {SAFE_PROXY_FACTORY} does not create Safe 1.4.1 proxies")
        )
    return problems


def _call(chain: ChainClient, interface: Interface, target: str, function: str) -> Any:
    try:
        return interface.decode(function, chain.call(target, interface.encode(function)))
    except CallReverted:
        return None


def _fee_problems(observed: ObservedPool, chain_settings: ChainSettings) -> list[Problem]:
    try:
        fees_at(observed.block.base_fee_wei, chain_settings)
    except FeeAboveCap as error:
        path, _, text = str(error).partition(": ")
        return [Problem(path, text)]
    return []


def _size_problems(
    transactions: Sequence[Transaction], observed: ObservedPool, chain_settings: ChainSettings
) -> list[Problem]:
    configured, of_a_block = chain_settings.block_gas_limit, observed.block.gas_limit
    if of_a_block and configured > of_a_block:
        text = f"{configured} is above the gas limit of this chain's blocks, {of_a_block}: lower it to that"
        return [Problem("chain.blockGasLimit", text)]
    largest = max((transaction.gas for transaction in transactions), default=0)
    if gas.fits(largest, configured):
        return []
    text = f"{configured} is too low: a single identity needs a transaction of about {largest} gas"
    return [Problem("chain.blockGasLimit", text)]


def role_problems(desired: DesiredPool, observed: ObservedPool) -> list[Problem]:
    """Return a problem if neither the wallet nor their Safes can register some identities."""
    wallet = observed.wallet
    if not desired.policy.register_nodes or not wallet.registry_enabled or wallet.is_manager:
        return []
    unable = [
        identity.name
        for identity in desired.identities
        if not is_registered(identity, seen := observed.identities[identity.name])
        and not can_self_register(desired, identity, seen)
    ]
    if not unable:
        return []
    registry = desired.contracts.network_registry
    return [
        Problem(
            "wallet",
            f"{desired.wallet} may not register nodes on network {desired.network.name}, and the network registry does "
            f"not let the Safes of {', '.join(unable)} register their nodes: grant the wallet MANAGER_ROLE on the "
            f"network registry {registry}; or set registerNodes: false for the pool until the network counts the "
            "Safes' stake (or your developer NFT), then true again",
        )
    ]


def _balance_problems(
    transactions: Sequence[Transaction],
    desired: DesiredPool,
    observed: ObservedPool,
    chain_settings: ChainSettings,
    reserve: Reserve,
) -> list[Problem]:
    cost, wallet, problems = cost_of(transactions, observed, chain_settings), observed.wallet, []
    needed_wei = cost.xdai_needed_wei + reserve.keep_xdai_wei + reserve.others.xdai_wei
    if transactions and (missing := needed_wei - wallet.xdai_wei) > 0:
        kept = f", {amount_text(reserve.keep_xdai_wei)} to keep (spending.keepXdai)" if reserve.keep_xdai_wei else ""
        kept += f", {amount_text(reserve.others.xdai_wei)} for other pools" if reserve.others.xdai_wei else ""
        problems.append(
            Problem(
                "wallet",
                f"{desired.wallet} has {amount_text(wallet.xdai_wei)} xDai and needs {amount_text(needed_wei)} "
                f"({amount_text(cost.xdai_wei)} for nodes, up to {amount_text(cost.fee_most_wei)} for gas at "
                f"{chain_settings.max_fee_gwei} gwei{kept}): send it {amount_text(missing)} xDai",
            )
        )
    needed_wei = cost.wxhopr_wei + reserve.others.wxhopr_wei
    if cost.wxhopr_wei and (missing := needed_wei - wallet.wxhopr_wei) > 0:
        others = (
            f", {amount_text(reserve.others.wxhopr_wei)} of it for other pools" if reserve.others.wxhopr_wei else ""
        )
        problems.append(
            Problem(
                "wallet",
                f"{desired.wallet} has {amount_text(wallet.wxhopr_wei)} wxHOPR and needs {amount_text(needed_wei)} for "
                f"the Safes{others}: send it {amount_text(missing)} wxHOPR (token {desired.contracts.token})",
            )
        )
    return problems
