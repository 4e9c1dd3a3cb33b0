"""Killed or disturbed at any write while identities leave: the next run ends with nothing left, and to the wei."""

from __future__ import annotations

import pytest
from eth_utils.address import to_checksum_address

from devnet.chain_contracts.rpc import Rpc
from identity.chain.client import Block, ChainClient
from identity.errors import TransactionPending
from identity.evm.calls import Signer, Signers
from identity.evm.contracts import MULTICALL, TOKEN
from identity.leaving.steps import next_round
from identity.sending.journal import Journal
from tests.chain.leaving_pool import Books, Leaving, node_signer
from tests.chain.pool_on_chain import SIZE, STRANGER, PoolOnChain
from tests.chain.test_pool_crashes import InterruptedClient, Killed, a_miner_in, impatient, kill, lose_the_reply

__all__ = ["impatient"]

pytestmark = pytest.mark.faults

WRITES = 3 + SIZE
"""Resign, off the registry, drain the Safes; one payment of each node."""


@pytest.mark.parametrize("write", range(WRITES))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_a_write_the_next_run_ends_with_nothing_left(
    leaving: Leaving, pool: PoolOnChain, write: int, moment: str
) -> None:
    books = Books.opened(pool)
    with pytest.raises(Killed):
        leaving.leave(InterruptedClient(pool.chain.rpc_url, at=write, **{moment: kill}))
    leaving.leave()
    books.assert_all_left()
    assert leaving.leave().receipts == ()


@pytest.mark.parametrize("write", range(WRITES))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_reply_changes_nothing(leaving: Leaving, pool: PoolOnChain, write: int, moment: str) -> None:
    books = Books.opened(pool)
    leaving.leave(InterruptedClient(pool.chain.rpc_url, at=write, **{moment: lose_the_reply}))
    books.assert_all_left()


@pytest.mark.parametrize("write", range(WRITES))
def test_another_process_that_lets_all_leave_just_before_a_write_disturbs_nothing(
    leaving: Leaving, pool: PoolOnChain, write: int, elsewhere: Leaving
) -> None:
    books = Books.opened(pool)
    leaving.leave(InterruptedClient(pool.chain.rpc_url, at=write, before=lambda: finish(elsewhere)))
    books.assert_all_left()


def finish(leaving: Leaving) -> None:
    leaving.leave()


@pytest.fixture
def elsewhere(pool: PoolOnChain, tmp_path_factory: pytest.TempPathFactory) -> Leaving:
    """The same pool on another machine, which has a journal of its own."""
    return Leaving(pool, Journal(100, pool.wanted.wallet, tmp_path_factory.mktemp("elsewhere")))


@pytest.mark.parametrize("write", [0, 2])
def test_a_stranger_who_relays_a_part_of_a_batch_costs_gas_alone(
    leaving: Leaving, pool: PoolOnChain, write: int
) -> None:
    """What a Safe signed is public once it was sent; whoever brings it in only does our work."""

    def relay() -> None:
        (batch, *_) = next_round(pool.wanted, pool.look(), pool.limits)
        (calls,) = MULTICALL.decode_input("aggregate3Value", batch.call(leaving.signers()).data)
        target, _, _, data = calls[0]
        pool.ledger.send(STRANGER, to_checksum_address(target), data)

    books = Books.opened(pool)
    leaving.leave(InterruptedClient(pool.chain.rpc_url, at=write, before=relay))
    books.assert_all_left()


def test_a_safe_that_gets_more_after_the_look_leaves_that_too(leaving: Leaving, pool: PoolOnChain) -> None:
    def pay() -> None:
        data = "0x" + TOKEN.encode("transfer", pool.wanted.identities[0].safe, 9).hex()
        call = {"from": pool.wanted.wallet, "to": pool.wanted.contracts.token, "data": data}
        pool.ledger.rpc.call("eth_sendTransactionSync", call)

    books = Books.opened(pool)
    leaving.leave(InterruptedClient(pool.chain.rpc_url, at=2, before=pay))
    books.assert_all_left()


def test_a_node_that_still_spends_its_xdai_is_looked_at_again(leaving: Leaving, pool: PoolOnChain) -> None:
    """Its payment would be more than it has: the endpoint refuses it, and what is left is moved."""
    node = pool.wanted.identities[0].node

    def spend() -> None:
        call = {"from": node, "to": STRANGER, "value": hex(10**16)}
        pool.ledger.rpc.call("eth_sendTransactionSync", call)

    leaving.leave(InterruptedClient(pool.chain.rpc_url, at=3, before=spend))
    assert pool.ledger.xdai_of(node) == 0
    assert any("looking again" in text for text in pool.said)


def test_a_reorganisation_during_the_confirmations_is_done_again(leaving: Leaving, pool: PoolOnChain) -> None:
    books = Books.opened(pool)
    undone: list[int] = []

    class ReorganisingClient(ChainClient):
        """Takes back everything since the beginning, once, while the nodes' payments are being confirmed."""

        asked_while_waiting = False

        def latest_block(self) -> Block:
            waits = any("the nodes' payments" in text for text in pool.said)
            if waits and not undone and self.asked_while_waiting:
                undone.append(pool.block())
                pool.ledger.rpc.call("anvil_rollback", pool.block() - books.block)
                pool.ledger.rpc.call("anvil_mine", hex(12))
            self.asked_while_waiting = waits
            return super().latest_block()

    leaving.leave(ReorganisingClient(pool.chain.rpc_url, timeout_s=5, attempts=2))
    assert undone
    books.assert_all_left()


@pytest.mark.usefixtures("impatient")
def test_a_payment_of_a_node_that_is_never_mined_is_an_error_and_the_next_run_goes_on(
    leaving: Leaving, pool: PoolOnChain
) -> None:
    books = Books.opened(pool)

    def mine_no_more() -> None:
        pool.ledger.rpc.call("evm_setAutomine", False)

    try:
        with pytest.raises(TransactionPending, match="run again"):
            leaving.leave(InterruptedClient(pool.chain.rpc_url, at=3, before=mine_no_more))
        with a_miner_in(0.2, pool.chain.rpc_url):
            leaving.leave()
    finally:
        with Rpc(pool.chain.rpc_url) as rpc:
            rpc.call("evm_setAutomine", True)
    books.assert_all_left()


def test_the_key_of_a_node_is_asked_for_only_when_it_has_something_to_pay(leaving: Leaving, pool: PoolOnChain) -> None:
    leaving.leave()
    asked: list[str] = []

    def of_node(name: str) -> Signer:
        asked.append(name)
        return node_signer(name)

    leaving.leave(signers=lambda: Signers(pool.signers().wallet, None, of_node))
    assert asked == []
