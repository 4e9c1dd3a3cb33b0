"""A decommission that is killed or disturbed at any transaction is finished by the next run, to the wei."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from devnet import chain_contracts
from devnet.rpc import Rpc
from identity.chain.client import Block, ChainClient
from identity.decommission.plan import next_round
from identity.errors import TransactionPending
from identity.evm.calls import Signer, Signers
from identity.evm.contracts import MULTICALL, TOKEN
from identity.submission.journal import Journal
from testkit.chain.decommissioned_pool import BalancesInService, Decommission, node_signer
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.interruptions import InterruptedClient, Killed, kill, lose_the_reply, mining_after
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import SIZE, THIRD_PARTY, PoolOnChain

pytestmark = pytest.mark.faults

WRITES = 3 + SIZE
"""Release, deregister, drain the Safes; one transfer of each node."""


@pytest.mark.parametrize("write", range(WRITES))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_a_write_the_next_run_finishes_the_decommission(
    decommissioning: Decommission, pool: PoolOnChain, write: int, moment: str
) -> None:
    before = BalancesInService.of(pool)
    with pytest.raises(Killed):
        decommissioning.decommission(InterruptedClient(pool.chain.rpc_url, at=write, **{moment: kill}))
    decommissioning.decommission()
    before.assert_fully_decommissioned()
    assert decommissioning.decommission().receipts == ()


@pytest.mark.parametrize("write", range(WRITES))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_reply_does_not_disturb_the_decommission(
    decommissioning: Decommission, pool: PoolOnChain, write: int, moment: str
) -> None:
    before = BalancesInService.of(pool)
    decommissioning.decommission(InterruptedClient(pool.chain.rpc_url, at=write, **{moment: lose_the_reply}))
    before.assert_fully_decommissioned()


@pytest.mark.parametrize("write", range(WRITES))
def test_another_process_that_decommissions_just_before_a_write_does_no_harm(
    decommissioning: Decommission, pool: PoolOnChain, write: int, elsewhere: Decommission
) -> None:
    before = BalancesInService.of(pool)
    decommissioning.decommission(InterruptedClient(pool.chain.rpc_url, at=write, before=lambda: finish(elsewhere)))
    before.assert_fully_decommissioned()


def finish(decommissioning: Decommission) -> None:
    decommissioning.decommission()


@pytest.fixture
def elsewhere(pool: PoolOnChain, tmp_path_factory: pytest.TempPathFactory) -> Decommission:
    """The same pool on another machine, which has a journal of its own."""
    return Decommission(pool, Journal(100, pool.desired.wallet, tmp_path_factory.mktemp("elsewhere")))


@pytest.mark.parametrize("write", [0, 2])
def test_a_third_party_that_relays_part_of_a_batch_costs_only_gas(
    decommissioning: Decommission, pool: PoolOnChain, write: int
) -> None:
    """A signed Safe transaction is public once it is sent; relaying it does the program's work."""

    def relay() -> None:
        (batch, *_) = next_round(pool.desired, pool.observe(), pool.chain_settings)
        (calls,) = MULTICALL.decode_input("aggregate3Value", batch.call(decommissioning.signers()).data)
        target, _, _, data = calls[0]
        pool.ledger.send(THIRD_PARTY, to_checksum_address(target), data)

    before = BalancesInService.of(pool)
    decommissioning.decommission(InterruptedClient(pool.chain.rpc_url, at=write, before=relay))
    before.assert_fully_decommissioned()


def test_wxhopr_that_arrives_after_the_observation_is_drained(decommissioning: Decommission, pool: PoolOnChain) -> None:
    def pay() -> None:
        data = "0x" + TOKEN.encode("transfer", pool.desired.identities[0].safe, 9).hex()
        call = {"from": pool.desired.wallet, "to": pool.desired.contracts.token, "data": data}
        pool.ledger.rpc.call("eth_sendTransactionSync", call)

    before = BalancesInService.of(pool)
    decommissioning.decommission(InterruptedClient(pool.chain.rpc_url, at=2, before=pay))
    before.assert_fully_decommissioned()


def test_a_node_that_still_spends_its_xdai_is_observed_again(decommissioning: Decommission, pool: PoolOnChain) -> None:
    """Its transfer would exceed its balance: the endpoint rejects it, and the next round moves the rest."""
    node = pool.desired.identities[0].node

    def spend() -> None:
        call = {"from": node, "to": THIRD_PARTY, "value": hex(10**16)}
        pool.ledger.rpc.call("eth_sendTransactionSync", call)

    decommissioning.decommission(InterruptedClient(pool.chain.rpc_url, at=3, before=spend))
    assert pool.ledger.xdai_of(node) == 0
    assert any("observing again" in text for text in pool.reports)


@pytest.fixture
def own_pool(fresh_anvil: str) -> Iterator[PoolOnChain]:
    """A pool on a chain of its own: a rollback on the shared chain sometimes restores a block without its state."""
    wallet = Account.create()
    networks = chain_contracts.deploy(fresh_anvil, wallet.address)["networks"]
    with Rpc(fresh_anvil) as rpc:
        yield PoolOnChain.of(DevelopmentChain(fresh_anvil, wallet, networks), Ledger(rpc), SIZE)


def test_a_decommission_is_repeated_after_a_reorganisation(own_pool: PoolOnChain) -> None:
    pool, decommissioning = own_pool, Decommission.in_service(own_pool)
    before = BalancesInService.of(pool)
    undone: list[int] = []

    class ReorganisingClient(ChainClient):
        """Reverts everything since the beginning, once, while the nodes' transfers are being confirmed."""

        asked_while_waiting = False

        def latest_block(self) -> Block:
            waits = any("the nodes' transfers" in text for text in pool.reports)
            if waits and not undone and self.asked_while_waiting:
                undone.append(pool.block())
                pool.ledger.rpc.call("anvil_rollback", pool.block() - before.block)
                pool.ledger.rpc.call("anvil_mine", hex(12))
            self.asked_while_waiting = waits
            return super().latest_block()

    decommissioning.decommission(ReorganisingClient(pool.chain.rpc_url, timeout_s=5, patience_s=5))
    assert undone
    before.assert_fully_decommissioned()


@pytest.mark.usefixtures("short_receipt_timeout")
def test_a_node_payment_that_is_never_mined_is_an_error_and_the_next_run_finishes(
    decommissioning: Decommission, pool: PoolOnChain
) -> None:
    before = BalancesInService.of(pool)

    def mine_no_more() -> None:
        pool.ledger.rpc.call("evm_setAutomine", False)

    try:
        with pytest.raises(TransactionPending, match="run again"):
            decommissioning.decommission(InterruptedClient(pool.chain.rpc_url, at=3, before=mine_no_more))
        with mining_after(0.2, pool.chain.rpc_url):
            decommissioning.decommission()
    finally:
        with Rpc(pool.chain.rpc_url) as rpc:
            rpc.call("evm_setAutomine", True)
    before.assert_fully_decommissioned()


def test_the_key_of_a_node_is_read_only_if_the_node_has_xdai(decommissioning: Decommission, pool: PoolOnChain) -> None:
    decommissioning.decommission()
    asked: list[str] = []

    def of_node(name: str) -> Signer:
        asked.append(name)
        return node_signer(name)

    decommissioning.decommission(signers=lambda: Signers(pool.signers().wallet, None, of_node))
    assert asked == []
