"""Others send from the same wallet: a person, a second run, the orphan of an interrupted run."""

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
from testkit.faults.mining import GWEI, mining, nothing_is_mined
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.process_task import PATIENCE_S, ProcessTask, Run, running
from testkit.faults.relay import SEND, Forward, Meddling, Relay, Request, after, at_send, before, every
from testkit.identity.endpoint import Answer

WRITES = 6
FIRST_OF_A_ROUND = [0, 1, 4, 5]
GIFT_WEI = 12_345


def a_person_sends(pool: PoolOnChain, **fields: object) -> None:
    pool.ledger.rpc.call(
        "eth_sendTransaction", {"from": pool.desired.wallet, "to": THIRD_PARTY, "value": hex(GIFT_WEI), **fields}
    )


def fields_in_line(pool: PoolOnChain) -> dict[str, str]:
    """The nonce of the wallet's last pending transaction, and a fee above all others."""
    last = int(pool.ledger.rpc.call("eth_getTransactionCount", pool.desired.wallet, "pending"), 16) - 1
    fee = hex(10 * GWEI)
    return {"nonce": hex(last), "maxFeePerGas": fee, "maxPriorityFeePerGas": fee}


@pytest.mark.parametrize("write", range(WRITES))
def test_a_foreign_transaction_just_before_a_write_does_no_harm(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, write: int
) -> None:
    relay.meddle = at_send(write, before(lambda: a_person_sends(pool)))
    pool.apply(ChainClient(relay.url))
    opening.assert_complete_and_paid_once(spent_xdai_wei=GIFT_WEI)


@pytest.mark.parametrize("write", FIRST_OF_A_ROUND)
def test_a_replaced_pending_transaction_does_no_harm(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, write: int
) -> None:
    """As a wallet's `cancel` does: another transaction with the same nonce at a higher fee."""
    with nothing_is_mined(pool.chain.rpc_url), mining(pool.chain.rpc_url) as no_block_now:

        def replace(_request: Request, forward: Forward) -> Answer | None:
            with no_block_now:
                given = forward()
                a_person_sends(pool, **fields_in_line(pool))
            return given

        relay.meddle = at_send(write, replace)
        pool.apply(ChainClient(relay.url))
    opening.assert_complete_and_paid_once(spent_xdai_wei=GIFT_WEI)


def test_constant_foreign_transactions_end_the_run_and_the_next_run_finishes(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay
) -> None:
    sent = 0

    def a_person_first() -> None:
        nonlocal sent
        sent += 1
        a_person_sends(pool)

    relay.meddle = every(SEND, before(a_person_first))
    with pytest.raises(NonceTaken, match="another program or person is sending from this wallet"):
        pool.apply(ChainClient(relay.url))
    pool.apply()
    opening.assert_complete_and_paid_once(spent_xdai_wei=sent * GIFT_WEI)


def two_pools(chain: DevelopmentChain, ledger: Ledger) -> tuple[PoolOnChain, PoolOnChain]:
    return PoolOnChain.of(chain, ledger, 3), PoolOnChain.of(chain, ledger, 2, first=11)


@pytest.mark.parametrize("machines", ["one machine", "two machines"])
def test_two_concurrent_runs_of_one_wallet_complete_both_pools(
    chain: DevelopmentChain, ledger: Ledger, tmp_path: Path, machines: str
) -> None:
    """On one machine they wait for each other; on two they take each other's nonces and observe again."""
    first, second = two_pools(chain, ledger)
    both = replace(first, desired=joined(first.desired, second.desired))
    opening = OpeningBalances.of(both)
    journals = [tmp_path / "one"] * 2 if machines == "one machine" else [tmp_path / "one", tmp_path / "two"]
    tasks = [
        ProcessTask.of(pool, chain.rpc_url, journal) for pool, journal in zip((first, second), journals, strict=True)
    ]
    with running(tasks[0]) as one, running(tasks[1]) as other:
        assert (one.ended_with(), other.ended_with()) == ("", "")
    opening.assert_complete_and_paid_once()


def joined(one: DesiredPool, other: DesiredPool) -> DesiredPool:
    return replace(one, identities=one.identities + other.identities)


@pytest.mark.parametrize("write", range(WRITES))
def test_an_orphan_that_resumes_after_the_next_run_pays_nothing_again(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, tmp_path: Path, write: int
) -> None:
    """Its transaction is signed and in flight while another run completes the pool."""
    arrived, wake = threading.Event(), threading.Event()

    def hold(_request: Request, forward: Forward) -> Answer | None:
        arrived.set()
        assert wake.wait(PATIENCE_S)
        return forward()

    relay.meddle = at_send(write, hold)
    with running(ProcessTask.of(pool, relay.url, tmp_path / "here")) as orphan:
        assert arrived.wait(PATIENCE_S)
        with running(ProcessTask.of(pool, pool.chain.rpc_url, tmp_path / "elsewhere")) as next_run:
            assert next_run.ended_with() == ""
        wake.set()
        assert orphan.ended_with() == ""
    opening.assert_complete_and_paid_once()


@contextmanager
def orphan_stopped(
    pool: PoolOnChain, relay: Relay, journal: Path, write: int, moment: Callable[[Callable[[], object]], Meddling]
) -> Iterator[Run]:
    """A process that stands still just before or after a write, and has not ended."""
    stopped = threading.Event()
    with running(ProcessTask.of(pool, relay.url, journal)) as orphan:

        def stop() -> None:
            os.kill(orphan.pid, signal.SIGSTOP)
            stopped.set()

        relay.meddle = at_send(write, moment(stop))
        assert stopped.wait(PATIENCE_S)
        yield orphan


def test_a_run_waits_for_an_orphan_on_the_same_machine(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, journal: Path
) -> None:
    with (
        orphan_stopped(pool, relay, journal, 1, after) as orphan,
        running(ProcessTask.of(pool, relay.url, journal)) as next_run,
    ):
        lock = journal / f"{pool.desired.network.chain_id}-{pool.desired.wallet.lower()}.lock"
        assert next_run.says() == (
            f"another run on this machine is sending from wallet {pool.desired.wallet}: waiting until it ends "
            f"(lock {lock})"
        )
        os.kill(orphan.pid, signal.SIGCONT)
        assert (orphan.ended_with(), next_run.ended_with()) == ("", "")
    assert relay.transactions == WRITES
    opening.assert_complete_and_paid_once()


def test_the_waiting_run_continues_when_the_orphan_is_killed(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, journal: Path
) -> None:
    with (
        orphan_stopped(pool, relay, journal, 2, before) as orphan,
        running(ProcessTask.of(pool, relay.url, journal)) as next_run,
    ):
        assert "waiting until it ends" in next_run.says()
        orphan.kill()
        assert next_run.ended_with() == ""
    opening.assert_complete_and_paid_once()
