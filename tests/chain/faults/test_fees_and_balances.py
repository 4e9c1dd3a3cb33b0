"""The fee rises, transactions are dropped, the wallet runs out of funds: the next run completes and pays once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from identity.chain.client import ChainClient
from identity.errors import (
    FeeAboveCap,
    PreflightFailed,
    RpcRejected,
    TransactionPending,
)
from identity.evm.contracts import TOKEN
from identity.submission import delivery
from testkit.chain.pool_on_chain import THIRD_PARTY, PoolOnChain
from testkit.faults.mining import GWEI, automine_disabled, mining
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import Forward, Relay, Request, at_send, before
from testkit.identity.endpoint import Answer

TRANSACTIONS = 6
CAP_GWEI = 10
NEVER = 10**6


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait seconds where the program waits minutes."""
    monkeypatch.setattr(delivery, "_PATIENCE_S", 4)


class BaseFee:
    """The base fee of the next blocks."""

    def __init__(self) -> None:
        self.gwei = 1.0
        self.mining_paused = threading.Lock()

    def __call__(self) -> float:
        return self.gwei

    def set(self, gwei: float) -> None:
        """Set the fee, starting with the next block."""
        with self.mining_paused:
            self.gwei = gwei


@pytest.fixture
def base_fee(pool: PoolOnChain) -> Iterator[BaseFee]:
    """Mine continuously, at a base fee that the test sets."""
    base_fee = BaseFee()
    with automine_disabled(pool.chain.rpc_url), mining(pool.chain.rpc_url, base_fee) as base_fee.mining_paused:
        yield base_fee
    pool.ledger.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))


def wait_for_base_fee(pool: PoolOnChain, gwei: int) -> None:
    deadline = time.monotonic() + 10
    while pool.client().latest_block().base_fee_wei != gwei * GWEI:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("transaction", [0, 1, 5])
def test_a_transaction_is_replaced_when_the_base_fee_rises_above_its_maximum_fee(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, base_fee: BaseFee, transaction: int
) -> None:
    relay.handler = at_send(transaction, before(lambda: base_fee.set(7)))
    pool.apply(ChainClient(relay.url))
    assert any("base fee" in text and text.endswith("observing again") for text in pool.reports)
    assert relay.transactions > TRANSACTIONS
    balances.assert_complete_and_paid_once()


@pytest.mark.parametrize("transaction", [0, 1, 5])
def test_a_base_fee_above_the_cap_ends_the_run_and_the_next_run_completes_after_it_has_fallen(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, base_fee: BaseFee, transaction: int
) -> None:
    relay.handler = at_send(transaction, before(lambda: base_fee.set(CAP_GWEI + 1)))
    with pytest.raises((FeeAboveCap, TransactionPending)):
        pool.apply(ChainClient(relay.url))
    with pytest.raises((FeeAboveCap, PreflightFailed, TransactionPending)):
        pool.apply(ChainClient(relay.url))
    base_fee.set(1)
    wait_for_base_fee(pool, 1)
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once()


def test_nothing_is_sent_when_the_base_fee_starts_above_the_cap(
    pool: PoolOnChain, balances: OpeningBalances, base_fee: BaseFee
) -> None:
    base_fee.set(CAP_GWEI + 1)
    pool.ledger.rpc.call("anvil_setNextBlockBaseFeePerGas", hex((CAP_GWEI + 1) * 10**9))
    pool.ledger.rpc.call("evm_mine")
    with pytest.raises(
        PreflightFailed, match=r"the network's base fee is 11\.00 gwei, above the maximum of 10: wait, or raise it"
    ):
        pool.apply()
    balances.assert_unchanged()


def test_the_next_run_replaces_an_underpriced_transaction_of_an_earlier_run(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, base_fee: BaseFee, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.handler = at_send(1, before(lambda: base_fee.set(7)))
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "_PATIENCE_S", 0.5)
        with pytest.raises(TransactionPending, match="nothing is lost: run again"):
            pool.apply(ChainClient(relay.url))
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once()


@pytest.mark.parametrize("transaction", range(TRANSACTIONS))
def test_a_dropped_transaction_is_sent_again_unchanged(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, transaction: int
) -> None:
    with automine_disabled(pool.chain.rpc_url), mining(pool.chain.rpc_url) as mining_paused:

        def accept_and_drop(_request: Request, forward: Forward) -> Answer | None:
            with mining_paused:
                given = forward()
                pool.ledger.rpc.call("anvil_dropAllTransactions")
            return given

        relay.handler = at_send(transaction, accept_and_drop)
        pool.apply(ChainClient(relay.url))
    assert relay.transactions == TRANSACTIONS
    balances.assert_complete_and_paid_once()


def set_xdai(pool: PoolOnChain, wei: int) -> None:
    pool.ledger.rpc.call("anvil_setBalance", pool.desired.wallet, hex(wei))


@pytest.mark.parametrize("transaction", [1, 2, 4, 5])
def test_a_wallet_that_runs_out_of_xdai_ends_the_run_and_the_next_run_completes_after_a_deposit(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, transaction: int
) -> None:
    removed_wei: list[int] = []

    def empty_the_wallet() -> None:
        removed_wei.append(pool.held_by_wallet()[0])
        set_xdai(pool, 10**12)

    relay.handler = at_send(transaction, before(empty_the_wallet))
    with pytest.raises((RpcRejected, PreflightFailed), match=r"xDai balance is too low|and needs"):
        pool.apply(ChainClient(relay.url))
    assert removed_wei
    with pytest.raises(PreflightFailed, match=r"send it .* xDai"):
        pool.apply(ChainClient(relay.url))
    set_xdai(pool, pool.held_by_wallet()[0] + removed_wei[0] - 10**12)
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once()


def withdraw_wxhopr(pool: PoolOnChain, wei: int) -> None:
    """Transfer wxHOPR from the wallet to a third party."""
    data = "0x" + TOKEN.encode("transfer", THIRD_PARTY, wei).hex()
    call = {"from": pool.desired.wallet, "to": pool.desired.contracts.token, "data": data, "gas": hex(200_000)}
    assert pool.ledger.rpc.call("eth_sendTransactionSync", call)["status"] == "0x1"


def return_wxhopr(pool: PoolOnChain, wei: int) -> None:
    pool.ledger.send(THIRD_PARTY, pool.desired.contracts.token, TOKEN.encode("transfer", pool.desired.wallet, wei))


@pytest.mark.parametrize("transaction", [1, 4, 5])
def test_a_wallet_that_runs_out_of_wxhopr_ends_the_run_and_the_next_run_completes_after_a_deposit(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, transaction: int
) -> None:
    removed_wei: list[int] = []

    def empty_the_wallet() -> None:
        removed_wei.append(pool.held_by_wallet()[1])
        withdraw_wxhopr(pool, removed_wei[0])

    relay.handler = at_send(transaction, before(empty_the_wallet))
    with pytest.raises(PreflightFailed, match=r"send it .* wxHOPR"):
        pool.apply(ChainClient(relay.url))
    return_wxhopr(pool, removed_wei[0])
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once()


def test_an_operator_batch_that_the_wallet_cannot_pay_has_no_effect(
    balances_of_nine: OpeningBalances, relay: Relay
) -> None:
    """The batch is atomic: it creates no Safe and pays no node; the next run creates and pays all of them."""
    pool = balances_of_nine.pool
    removed_wei: list[int] = []

    def empty_the_wallet() -> None:
        removed_wei.append(pool.held_by_wallet()[1])
        withdraw_wxhopr(pool, removed_wei[0])

    relay.handler = at_send(1, before(empty_the_wallet))
    with pytest.raises(PreflightFailed, match="send it 90 wxHOPR"):
        pool.apply(ChainClient(relay.url))
    assert all(seen.safe is None and not seen.node_xdai_wei for seen in pool.observe().identities.values())
    return_wxhopr(pool, removed_wei[0])
    pool.apply(ChainClient(relay.url))
    balances_of_nine.assert_complete_and_paid_once()
