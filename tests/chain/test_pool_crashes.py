"""Runs that are killed, cut off or overtaken, on a real EVM: every Safe is created once, every payment made once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from identity.chain.client import ChainClient
from identity.errors import TransactionPending
from identity.submission.journal import Journal
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.interruptions import InterruptedClient, Killed, kill, lose_the_reply, mining_after
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import Before, PoolOnChain

pytestmark = pytest.mark.faults

TRANSACTIONS_FOR_THREE_WITH_WXHOPR = 6
ROUNDS_FOR_THREE_WITH_WXHOPR = 4


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, 3)


def test_a_pool_paid_through_the_operator_safe_is_paid_once_despite_three_kills(
    chain: DevelopmentChain, ledger: Ledger
) -> None:
    pool = PoolOnChain.of(chain, ledger, 20)
    before = Before.of(pool)
    for write in (0, 1, 1):
        with pytest.raises(Killed):
            pool.apply(InterruptedClient(pool.chain.rpc_url, at=write, after=kill))
    pool.apply()
    before.assert_paid_once()


@pytest.mark.parametrize("write", range(TRANSACTIONS_FOR_THREE_WITH_WXHOPR))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_reply_causes_no_second_payment(pool: PoolOnChain, write: int, moment: str) -> None:
    """With `before`, the endpoint never receives the transaction, and the run sends the same bytes again."""
    before = Before.of(pool)
    pool.apply(InterruptedClient(pool.chain.rpc_url, at=write, **{moment: lose_the_reply}))
    before.assert_paid_once()


@pytest.fixture
def mining_stopped(ledger: Ledger) -> Iterator[None]:
    """Keep transactions pending until a test mines them."""
    ledger.rpc.call("evm_setAutomine", False)
    yield
    ledger.rpc.call("evm_setAutomine", True)


def pending_transactions(ledger: Ledger, wallet: str) -> int:
    counts = [int(ledger.rpc.call("eth_getTransactionCount", wallet, tag), 16) for tag in ("pending", "latest")]
    return counts[0] - counts[1]


@pytest.mark.usefixtures("mining_stopped")
def test_a_pending_transaction_of_a_killed_run_is_awaited(pool: PoolOnChain, ledger: Ledger) -> None:
    before = Before.of(pool)
    with pytest.raises(Killed):
        pool.apply(InterruptedClient(pool.chain.rpc_url, at=0, after=kill))
    assert pending_transactions(ledger, pool.desired.wallet) == 1
    with mining_after(0.3, pool.chain.rpc_url):
        pool.apply()
    before.assert_paid_once()


@pytest.mark.usefixtures("mining_stopped")
def test_a_dropped_transaction_of_a_killed_run_is_sent_again(pool: PoolOnChain, ledger: Ledger) -> None:
    before = Before.of(pool)
    with pytest.raises(Killed):
        pool.apply(InterruptedClient(pool.chain.rpc_url, at=0, after=kill))
    ledger.rpc.call("anvil_dropAllTransactions")
    with mining_after(0, pool.chain.rpc_url):
        pool.apply()
    before.assert_paid_once()


@pytest.mark.usefixtures("mining_stopped", "short_receipt_timeout")
def test_a_transaction_that_is_never_mined_is_an_error_with_the_next_step(pool: PoolOnChain) -> None:
    before = Before.of(pool)
    with pytest.raises(TransactionPending, match="run again"):
        pool.apply()
    with pytest.raises(TransactionPending, match="run again"):
        pool.apply()
    with mining_after(0, pool.chain.rpc_url):
        pool.apply()
    before.assert_paid_once()


def apply_from_another_machine(pool: PoolOnChain) -> None:
    """A second process on another machine, such as the orphan of a killed run, started from the same state."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(pool.desired.network.chain_id, pool.desired.wallet, Path(folder))
        PoolOnChain(pool.chain, pool.ledger, pool.desired).apply(journal=journal)


@pytest.mark.parametrize("round_", range(ROUNDS_FOR_THREE_WITH_WXHOPR))
def test_another_process_that_finishes_after_the_observation_causes_no_second_payment(
    pool: PoolOnChain, round_: int
) -> None:
    """Between the observation and the signature, only the observed nonce shows that the balances are outdated."""

    class OvertakenClient(ChainClient):
        estimates = 0

        def estimate_gas(self, sender: str, target: str, data: bytes, value_wei: int) -> int | None:
            here, self.estimates = self.estimates == round_, self.estimates + 1
            if here:
                apply_from_another_machine(pool)
            return super().estimate_gas(sender, target, data, value_wei)

    before = Before.of(pool)
    pool.apply(OvertakenClient(pool.chain.rpc_url))
    before.assert_paid_once()
