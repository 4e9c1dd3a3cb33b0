"""Other senders use the wallet: a person, a concurrent run, an orphaned process of an interrupted run."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from identity.chain.client import ChainClient
from identity.errors import NonceTaken
from identity.observation.desired import DesiredPool
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import THIRD_PARTY, PoolOnChain
from testkit.faults.mining import GWEI, automine_disabled, mining
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.process_task import TIMEOUT_S, ProcessTask, RunningProcess, running
from testkit.faults.relay import SEND, Forward, Handler, Relay, Request, after, at_send, before, every
from testkit.identity.endpoint import Answer

TRANSACTIONS = 6
FIRST_OF_A_ROUND = [0, 1, 4, 5]
GIFT_WEI = 12_345


def send_from_wallet(pool: PoolOnChain, **fields: object) -> None:
    pool.ledger.rpc.call(
        "eth_sendTransaction", {"from": pool.desired.wallet, "to": THIRD_PARTY, "value": hex(GIFT_WEI), **fields}
    )


def replacement_fields(pool: PoolOnChain) -> dict[str, str]:
    """The nonce of the wallet's last pending transaction, and a fee above all others."""
    last = int(pool.ledger.rpc.call("eth_getTransactionCount", pool.desired.wallet, "pending"), 16) - 1
    fee = hex(10 * GWEI)
    return {"nonce": hex(last), "maxFeePerGas": fee, "maxPriorityFeePerGas": fee}


@pytest.mark.parametrize("transaction", range(TRANSACTIONS))
def test_a_run_completes_when_another_sender_takes_the_nonce_of_a_transaction(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, transaction: int
) -> None:
    relay.handler = at_send(transaction, before(lambda: send_from_wallet(pool)))
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once(spent_xdai_wei=GIFT_WEI)


@pytest.mark.parametrize("transaction", FIRST_OF_A_ROUND)
def test_a_run_completes_when_another_sender_replaces_a_pending_transaction(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, transaction: int
) -> None:
    """A wallet's `cancel` does the same: it sends another transaction with the same nonce and a higher fee."""
    with automine_disabled(pool.chain.rpc_url), mining(pool.chain.rpc_url) as mining_paused:

        def replace(_request: Request, forward: Forward) -> Answer | None:
            with mining_paused:
                given = forward()
                send_from_wallet(pool, **replacement_fields(pool))
            return given

        relay.handler = at_send(transaction, replace)
        pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once(spent_xdai_wei=GIFT_WEI)


def test_a_sender_that_takes_every_nonce_ends_the_run_and_the_next_run_completes(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay
) -> None:
    sent = 0

    def send_first() -> None:
        nonlocal sent
        sent += 1
        send_from_wallet(pool)

    relay.handler = every(SEND, before(send_first))
    with pytest.raises(NonceTaken, match="another program or person is sending from this wallet"):
        pool.apply(ChainClient(relay.url))
    pool.apply()
    balances.assert_complete_and_paid_once(spent_xdai_wei=sent * GIFT_WEI)


def two_pools(chain: DevelopmentChain, ledger: Ledger) -> tuple[PoolOnChain, PoolOnChain]:
    return PoolOnChain.of(chain, ledger, 3), PoolOnChain.of(chain, ledger, 2, first=11)


@pytest.mark.parametrize("machines", ["one machine", "two machines"])
def test_two_concurrent_runs_with_one_wallet_complete_both_pools(
    chain: DevelopmentChain, ledger: Ledger, tmp_path: Path, machines: str
) -> None:
    """On one machine they wait for each other; on two they take each other's nonces and observe again."""
    first, second = two_pools(chain, ledger)
    both = replace(first, desired=joined(first.desired, second.desired))
    balances = OpeningBalances.of(both)
    journals = [tmp_path / "one"] * 2 if machines == "one machine" else [tmp_path / "one", tmp_path / "two"]
    tasks = [
        ProcessTask.of(pool, chain.rpc_url, journal) for pool, journal in zip((first, second), journals, strict=True)
    ]
    with running(tasks[0]) as one, running(tasks[1]) as other:
        assert (one.wait_for_outcome(), other.wait_for_outcome()) == ("", "")
    balances.assert_complete_and_paid_once()


def joined(one: DesiredPool, other: DesiredPool) -> DesiredPool:
    return replace(one, identities=one.identities + other.identities)


@pytest.mark.parametrize("transaction", range(TRANSACTIONS))
def test_a_late_transaction_of_an_orphaned_run_causes_no_double_payment(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, tmp_path: Path, transaction: int
) -> None:
    """Its transaction is signed and in flight while another run completes the pool."""
    arrived, resume = threading.Event(), threading.Event()

    def hold(_request: Request, forward: Forward) -> Answer | None:
        arrived.set()
        assert resume.wait(TIMEOUT_S)
        return forward()

    relay.handler = at_send(transaction, hold)
    with running(ProcessTask.of(pool, relay.url, tmp_path / "this-machine")) as orphan:
        assert arrived.wait(TIMEOUT_S)
        with running(ProcessTask.of(pool, pool.chain.rpc_url, tmp_path / "another-machine")) as next_run:
            assert next_run.wait_for_outcome() == ""
        resume.set()
        assert orphan.wait_for_outcome() == ""
    balances.assert_complete_and_paid_once()


@contextmanager
def stopped_orphan(
    pool: PoolOnChain, relay: Relay, journal: Path, transaction: int, moment: Callable[[Callable[[], object]], Handler]
) -> Iterator[RunningProcess]:
    """Stop a process (SIGSTOP) just before or just after a transaction, without ending it."""
    stopped = threading.Event()
    with running(ProcessTask.of(pool, relay.url, journal)) as orphan:

        def stop() -> None:
            os.kill(orphan.pid, signal.SIGSTOP)
            stopped.set()

        relay.handler = at_send(transaction, moment(stop))
        assert stopped.wait(TIMEOUT_S)
        yield orphan


def test_a_run_waits_for_an_orphaned_run_on_the_same_machine(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, journal: Path
) -> None:
    with (
        stopped_orphan(pool, relay, journal, 1, after) as orphan,
        running(ProcessTask.of(pool, relay.url, journal)) as next_run,
    ):
        lock = journal / f"{pool.desired.network.chain_id}-{pool.desired.wallet.lower()}.lock"
        assert next_run.next_report() == (
            f"another run on this machine is sending from wallet {pool.desired.wallet}: waiting until it ends "
            f"(lock {lock})"
        )
        os.kill(orphan.pid, signal.SIGCONT)
        assert (orphan.wait_for_outcome(), next_run.wait_for_outcome()) == ("", "")
    assert relay.transactions == TRANSACTIONS
    balances.assert_complete_and_paid_once()


def test_a_waiting_run_continues_when_the_orphaned_run_is_killed(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, journal: Path
) -> None:
    with (
        stopped_orphan(pool, relay, journal, 2, before) as orphan,
        running(ProcessTask.of(pool, relay.url, journal)) as next_run,
    ):
        assert "waiting until it ends" in next_run.next_report()
        orphan.kill()
        assert next_run.wait_for_outcome() == ""
    balances.assert_complete_and_paid_once()
