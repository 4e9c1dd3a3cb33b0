"""Reorganisations of three or more blocks: the lost transactions are repeated, and nothing is paid twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest

from config.models.chain import ChainSettings
from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.rpc import RpcError
from identity.chain.client import ChainClient
from identity.errors import TransactionPending
from identity.evm.calls import Call
from identity.evm.contracts import MODULE, NETWORK_REGISTRY, TOKEN, UNLIMITED_WEI
from identity.provisioning.configure import missing_calls
from identity.submission import delivery
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, THIRD_PARTY, WXHOPR, PoolOnChain
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import SEND, Forward, Relay, Request
from testkit.identity.endpoint import Answer

DEPTH = 3
CONFIRMATIONS = 4
GIFT_WEI = 777

Replacement: TypeAlias = "Callable[[Reorganisation, list[str]], None]"
"""Creates blocks in place of the removed ones, given the raw transactions of the removed blocks."""


@dataclass
class Reorganisation:
    """Replaces the last blocks once, when a test triggers it; then the chain continues."""

    pool: PoolOnChain
    relay: Relay
    replacement: Replacement
    depth: int = DEPTH
    done: bool = False
    removed: list[str] = field(default_factory=list)

    def run(self) -> None:
        rpc = self.pool.ledger.rpc
        head = self.pool.block()
        blocks = [
            rpc.call("eth_getBlockByNumber", hex(number), False) for number in range(head - self.depth + 1, head + 1)
        ]
        self.removed = [hash_ for block in blocks for hash_ in block["transactions"]]
        raw = [rpc.call("eth_getRawTransactionByHash", hash_) for hash_ in self.removed]
        rpc.call("anvil_rollback", self.depth)
        rpc.call("evm_increaseTime", 1000)  # otherwise the same transactions would give the same blocks
        self.done = True
        self.replacement(self, [one for one in raw if one])
        rpc.call("anvil_mine", hex(2 * self.depth))


def no_transactions(_reorganisation: Reorganisation, _raw: list[str]) -> None:
    """The transactions are lost."""


def same_transactions(reorganisation: Reorganisation, raw: list[str]) -> None:
    """The transactions are mined again, in other blocks."""
    for one in raw:
        reorganisation.pool.ledger.rpc.call("eth_sendRawTransaction", one)


def another_transaction_of_the_wallet_first(reorganisation: Reorganisation, raw: list[str]) -> None:
    """Another transaction of the wallet takes the first nonce; the removed ones are too late, or pending behind it."""
    wallet = reorganisation.pool.desired.wallet
    call = {"from": wallet, "to": THIRD_PARTY, "value": hex(GIFT_WEI)}
    reorganisation.pool.ledger.rpc.call("eth_sendTransactionSync", call)
    for one in raw:
        with suppress(RpcError):  # nonce too low
            reorganisation.pool.ledger.rpc.call("eth_sendRawTransaction", one)


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait seconds where the program waits minutes."""
    monkeypatch.setattr(delivery, "_PATIENCE_S", 1.5)


REPLACEMENTS = [no_transactions, same_transactions, another_transaction_of_the_wallet_first]


@pytest.mark.parametrize("replacement", REPLACEMENTS, ids=lambda replacement: replacement.__name__)
def test_a_run_repeats_transactions_that_are_reorganised_before_their_confirmation(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, replacement: Replacement
) -> None:
    reorganisation = Reorganisation(pool, relay, replacement)

    def report(text: str) -> None:
        pool.reports.append(text)
        if text.startswith("waiting"):
            if not reorganisation.done:
                reorganisation.run()
            pool.ledger.rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = ChainSettings(rpc_url=pool.chain_settings.rpc_url, confirmations=CONFIRMATIONS, block_time_s=0)
    pool.apply(ChainClient(relay.url), chain_settings=chain_settings, report=report)
    assert len(reorganisation.removed) == DEPTH
    assert "a reorganisation replaced the block; observing again" in pool.reports
    balances.assert_complete_and_paid_once(spent_xdai_wei=pool.ledger.xdai_of(THIRD_PARTY))


@pytest.mark.parametrize("replacement", REPLACEMENTS, ids=lambda replacement: replacement.__name__)
@pytest.mark.parametrize("transaction", [3, 4, 5])
def test_after_a_reorganisation_just_before_a_transaction_this_run_or_the_next_completes(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, transaction: int, replacement: Replacement
) -> None:
    """The transaction depends on removed blocks. If it can never be mined, the run stops waiting for it."""
    reorganisation = Reorganisation(pool, relay, replacement)

    def handle(request: Request, forward: Forward) -> Answer | None:
        if request.method == SEND and request.count == transaction and not reorganisation.done:
            reorganisation.run()
        return forward()

    relay.handler = handle
    try:
        pool.apply(ChainClient(relay.url))
    except TransactionPending:
        pool.apply(ChainClient(relay.url))
    assert reorganisation.done
    balances.assert_complete_and_paid_once(spent_xdai_wei=pool.ledger.xdai_of(THIRD_PARTY))


@pytest.mark.parametrize("replacement", REPLACEMENTS, ids=lambda replacement: replacement.__name__)
def test_the_next_run_repeats_transactions_that_are_reorganised_after_a_run(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, replacement: Replacement
) -> None:
    pool.apply()
    Reorganisation(pool, relay, replacement).run()
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once(spent_xdai_wei=pool.ledger.xdai_of(THIRD_PARTY))


@pytest.mark.parametrize("in_the_mempool", [True, False])
def test_payments_that_survive_a_reorganisation_are_not_paid_twice(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, in_the_mempool: bool
) -> None:
    """Two payments of five removed blocks survive. The pool now needs fewer transactions, so lower nonces are free."""
    payments: list[str] = []
    rpc, registry = pool.ledger.rpc, pool.desired.contracts.network_registry

    def register_by_the_manager(_reorganisation: Reorganisation, raw: list[str]) -> None:
        payments.extend(raw[-2:])
        safes, nodes = [one.safe for one in pool.desired.identities], [one.node for one in pool.desired.identities]
        pool.ledger.send(ADMINISTRATOR, registry, NETWORK_REGISTRY.encode("managerRegister", safes, nodes))
        flags = [True] * len(safes)
        pool.ledger.send(ADMINISTRATOR, registry, NETWORK_REGISTRY.encode("managerForceSync", safes, flags))
        for one in payments if in_the_mempool else []:
            rpc.call("eth_sendRawTransaction", one)

    reorganisation = Reorganisation(pool, relay, register_by_the_manager, depth=5)

    def report(text: str) -> None:
        pool.reports.append(text)
        if text.startswith("waiting"):
            if not reorganisation.done:
                reorganisation.run()
            rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = ChainSettings(rpc_url=pool.chain_settings.rpc_url, confirmations=CONFIRMATIONS, block_time_s=0)
    pool.apply(ChainClient(relay.url), chain_settings=chain_settings, report=report)
    for one in payments:
        with suppress(RpcError):  # nonce too low
            rpc.call("eth_sendRawTransaction", one)
    assert len(payments) == 2
    balances.assert_complete_and_paid_once()
    assert any("use up a nonce" in text for text in pool.reports)


def test_an_operator_safe_payment_that_survives_a_reorganisation_is_not_paid_twice(
    chain: DevelopmentChain, ledger: Ledger, relay: Relay
) -> None:
    """The remaining work uses no nonce of the operator Safe, so the surviving payment stays valid."""
    pool = PoolOnChain.of(chain, ledger, 4)
    pool.apply()
    rpc, token, wallet = ledger.rpc, pool.desired.contracts.token, pool.desired.wallet
    spender, poor, repaired, _ = pool.desired.identities
    ledger.send(wallet, token, TOKEN.encode("approve", pool.desired.operator, UNLIMITED_WEI))
    rpc.call("anvil_setBalance", poor.node, hex(NODE_XDAI_WEI // 4))
    pool.as_safe(repaired, Call(repaired.module, MODULE.encode("removeNode", repaired.node)))
    # the reorganisation removes this transfer
    pool.as_safe(spender, Call(token, TOKEN.encode("transfer", THIRD_PARTY, 8 * WXHOPR)))
    late: list[str] = []

    def relay_the_repair(_reorganisation: Reorganisation, raw: list[str]) -> None:
        late.append(raw[-1])
        calls = missing_calls(pool.desired, repaired, pool.observe().identities[repaired.name])
        pool.as_safe(repaired, *calls)

    reorganisation = Reorganisation(pool, relay, relay_the_repair)

    def report(text: str) -> None:
        if text.startswith("waiting"):
            if reorganisation.done:
                with suppress(RpcError):  # nonce too low
                    rpc.call("eth_sendRawTransaction", late[0])
            else:
                reorganisation.run()
            rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = ChainSettings(rpc_url=pool.chain_settings.rpc_url, confirmations=CONFIRMATIONS, block_time_s=0)
    pool.apply(ChainClient(relay.url), chain_settings=chain_settings, report=report)
    assert reorganisation.done
    held = pool.balances().values()
    assert [one.node_xdai_wei for one in held] == [NODE_XDAI_WEI] * 4
    assert [one.safe_wxhopr_wei for one in held] == [SAFE_WXHOPR_WEI] * 4
