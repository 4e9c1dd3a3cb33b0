"""Third parties and the network manager act at the worst moment: everything is still paid once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes

from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.chain_contracts.calls import encode_call
from identity.chain.client import ChainClient
from identity.evm.calls import Call
from identity.evm.contracts import MULTICALL, MULTICALL3, SAFE_PROXY_FACTORY, TOKEN, ZERO_ADDRESS
from identity.observation import deployers
from testkit.chain.change_of_wallet import hand_over
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import (
    ADMIN,
    NODE_XDAI_WEI,
    SAFE_WXHOPR_WEI,
    THIRD_PARTY,
    PoolOnChain,
    third_party_creates_the_safe,
)
from testkit.chain.reference_setup import create_safe
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import Relay, at_send, before
from testkit.protocol import operator_salt_nonce, safe_salt_nonce

DUST_WEI = 7
BATCH = 1
"""In a pool that pays through the operator Safe: transaction 0 enables that Safe to pay."""


def third_party_creates_the_operator_safe(pool: PoolOnChain) -> None:
    pool.ledger.send(THIRD_PARTY, *create_safe(pool.desired.wallet, operator_salt_nonce(100)))


def last_sent_call(relay: Relay) -> Call:
    """The transaction in flight, as it is visible in a public mempool."""
    fields = TypedTransaction.from_bytes(HexBytes(relay.sent[-1])).as_dict()
    return Call(to_checksum_address(fields["to"]), bytes(fields["data"]), int(fields["value"]))


def inner_calls(batch: Call) -> list[Call]:
    (calls,) = MULTICALL.decode_input("aggregate3Value", batch.data)
    return [Call(to_checksum_address(to), data, value) for to, _, value, data in calls]


def relay_whole_batch(pool: PoolOnChain, batch: Call) -> int:
    """The third party pays the nodes itself."""
    pool.ledger.send(THIRD_PARTY, batch.target, batch.data, value=batch.value_wei)
    return batch.value_wei


def relay_calls_without_value(pool: PoolOnChain, batch: Call) -> int:
    """Create, configure and pay the Safes; the nodes get nothing."""
    for call in inner_calls(batch):
        if not call.value_wei:
            pool.ledger.send(THIRD_PARTY, call.target, call.data)
    return 0


def relay_wxhopr_payment(pool: PoolOnChain, batch: Call) -> int:
    """Pay Safes that do not exist yet: only their own Safes can be created at these addresses."""
    *_, create_operator, pay = inner_calls(batch)
    assert create_operator.target == SAFE_PROXY_FACTORY
    for call in (create_operator, pay):
        pool.ledger.send(THIRD_PARTY, call.target, call.data)
    return 0


@pytest.mark.parametrize("relays", [relay_whole_batch, relay_calls_without_value, relay_wxhopr_payment])
def test_a_run_completes_when_a_third_party_relays_its_batch_first(
    balances_of_nine: OpeningBalances, relay: Relay, relays: Callable[[PoolOnChain, Call], int]
) -> None:
    pool, received_wei = balances_of_nine.pool, []
    relay.handler = at_send(BATCH, before(lambda: received_wei.append(relays(pool, last_sent_call(relay)))))
    pool.apply(ChainClient(relay.url))
    balances_of_nine.assert_complete_and_paid_once(received_xdai_wei=received_wei[0])


@pytest.mark.parametrize("transaction", [0, BATCH])
def test_an_operator_safe_created_by_a_third_party_belongs_to_the_wallet(
    balances_of_nine: OpeningBalances, relay: Relay, transaction: int
) -> None:
    pool = balances_of_nine.pool
    relay.handler = at_send(transaction, before(lambda: third_party_creates_the_operator_safe(pool)))
    pool.apply(ChainClient(relay.url))
    balances_of_nine.assert_complete_and_paid_once()


@pytest.mark.parametrize("when", ["before the run", "just before the transaction"])
def test_a_safe_created_by_a_third_party_belongs_to_the_wallet(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, when: str
) -> None:
    if when == "before the run":
        third_party_creates_the_safe(pool)
    else:
        relay.handler = at_send(0, before(lambda: third_party_creates_the_safe(pool)))
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once()


def send_wxhopr(pool: PoolOnChain, to: str, wei: int) -> None:
    """The third party sends wxHOPR that it got from the wallet before the opening balances."""
    pool.ledger.send(THIRD_PARTY, pool.desired.contracts.token, TOKEN.encode("transfer", to, wei))


@pytest.fixture
def third_party_holds_wxhopr(pool: PoolOnChain) -> None:
    data = TOKEN.encode("transfer", THIRD_PARTY, DUST_WEI)
    pool.ledger.send(pool.desired.wallet, pool.desired.contracts.token, data)


@pytest.mark.usefixtures("third_party_holds_wxhopr")
@pytest.mark.parametrize("when", ["before the run", "just before the transaction"])
def test_dust_counts_towards_the_target_where_it_is_observed_and_is_otherwise_not_touched(
    pool: PoolOnChain, relay: Relay, when: str
) -> None:
    """The dust arrives on a node, a Safe and a module that do not exist yet, and the operator Safe."""
    balances, identity = OpeningBalances.of(pool), pool.desired.identities[0]
    addresses = (identity.node, identity.safe, identity.module, pool.desired.operator)

    def send_dust() -> None:
        for address in addresses:
            pool.ledger.rpc.call("anvil_setBalance", address, hex(pool.ledger.xdai_of(address) + DUST_WEI))
        send_wxhopr(pool, identity.safe, DUST_WEI)

    early = when == "before the run"
    if early:
        send_dust()
    else:
        relay.handler = at_send(0, before(send_dust))
    pool.apply(ChainClient(relay.url))
    held = pool.balances()[identity.name]
    # The batch was signed before the dust arrived; the Safe was paid after an observation that included it.
    assert held.node_xdai_wei == NODE_XDAI_WEI + (0 if early else DUST_WEI)
    assert held.safe_wxhopr_wei == SAFE_WXHOPR_WEI
    gas_wei = pool.gas_paid_since(balances.block)
    xdai_wei, wxhopr_wei = pool.held_by_wallet()
    assert balances.xdai_wei - xdai_wei == 3 * NODE_XDAI_WEI - (DUST_WEI if early else 0) + gas_wei
    assert balances.wxhopr_wei - wxhopr_wei == 3 * SAFE_WXHOPR_WEI - DUST_WEI
    assert [pool.ledger.xdai_of(address) for address in addresses[1:]] == [DUST_WEI] * 3


def test_xdai_of_a_third_party_in_multicall3_is_not_touched(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay
) -> None:
    pool.ledger.rpc.call("anvil_setBalance", MULTICALL3, hex(DUST_WEI))
    pool.apply(ChainClient(relay.url))
    assert pool.ledger.xdai_of(MULTICALL3) == DUST_WEI
    pool.ledger.rpc.call("anvil_setBalance", MULTICALL3, "0x0")
    balances.assert_complete_and_paid_once()


def call_registry(pool: PoolOnChain, function: str) -> None:
    pool.ledger.send(ADMINISTRATOR, pool.desired.contracts.network_registry, encode_call(function))


@pytest.mark.parametrize("transaction", range(6))
def test_a_registry_that_is_disabled_during_a_run_delays_only_the_registration(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, transaction: int
) -> None:
    relay.handler = at_send(transaction, before(lambda: call_registry(pool, "disableRegistry()")))
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once()
    call_registry(pool, "enableRegistry()")
    pool.apply(ChainClient(relay.url))
    balances.assert_complete_and_paid_once()
    assert all(seen.registered_to != ZERO_ADDRESS for seen in pool.observe().identities.values())


@pytest.mark.parametrize("registers", [True, False])
def test_safes_created_by_a_third_party_for_the_new_wallet_do_not_hide_ours_after_a_state_loss(
    chain: DevelopmentChain, ledger: Ledger, new_wallet: LocalAccount, registers: bool
) -> None:
    """Everything that a Safe's address depends on is public: the wallets and the node."""
    pool = PoolOnChain.of(chain, ledger, 2, register_nodes=registers)
    pool.apply()
    hand_over(pool, new_wallet)
    for identity in pool.desired.identities:
        ledger.send(THIRD_PARTY, *create_safe(new_wallet.address, safe_salt_nonce("rotsee", 100, identity.node)))
    nodes = {identity.name: identity.node for identity in pool.desired.identities}
    found = deployers.find(pool.client(), pool.desired.network, [new_wallet.address, pool.desired.wallet], nodes)
    assert found == dict.fromkeys(nodes, pool.desired.wallet)


def test_a_safe_created_by_a_third_party_for_a_previous_wallet_does_not_block_a_new_identity(
    pool: PoolOnChain, balances: OpeningBalances
) -> None:
    first = pool.desired.identities[0]
    pool.ledger.send(THIRD_PARTY, *create_safe(ADMIN, safe_salt_nonce("rotsee", 100, first.node)))
    candidates = [pool.desired.wallet, ADMIN]
    assert deployers.find(pool.client(), pool.desired.network, candidates, {first.name: first.node}) == {}
    pool.apply()
    assert balances.pool.safes_made(balances.block) == len(pool.desired.identities) + 1
