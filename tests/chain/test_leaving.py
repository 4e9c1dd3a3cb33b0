"""Identities leave, on a real EVM: from every state to nothing left, to the wei, and once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.scalars import Amount
from config.spending import SpendingLimits
from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.chain_contracts.calls import encode_call
from identity.apply import Allowance
from identity.calls import Call, Signers
from identity.contracts import MODULE, NETWORK_REGISTRY, NODE_SAFE_REGISTRY, SAFE, SENTINEL, TOKEN, ZERO_ADDRESS
from identity.departures import departures
from identity.errors import PlanRefused, PreflightFailed, SpendingRefused, WalletCannotSign
from identity.leaving import next_round
from identity.observe import MANAGER_ROLE
from identity.plan import plan
from tests.chain.development_chain import DevelopmentChain
from tests.chain.leaving_pool import SAFE_XDAI_WEI, Books, Leaving, start_node
from tests.chain.ledger import Ledger
from tests.chain.pool_on_chain import SAFE_WXHOPR_WEI, STRANGER, PoolOnChain

SIZE = 2
ADMIN = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
BLOCK_GAS = 16_700_000


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, SIZE)


@pytest.fixture
def leaving(pool: PoolOnChain) -> Leaving:
    return Leaving.in_service(pool)


def test_all_that_safes_and_nodes_hold_comes_back_and_nothing_of_them_is_left_on_the_network(
    leaving: Leaving, pool: PoolOnChain
) -> None:
    books = Books.opened(pool)
    done = leaving.leave()
    books.assert_all_left()
    assert books.wxhopr_wei == SIZE * SAFE_WXHOPR_WEI
    assert len(done.receipts) == 3 + SIZE  # resign, off the registry, drain the Safes; one payment of each node
    assert done.observed.identities["core-1"].safe_wxhopr_wei == 0
    assert leaving.leave().receipts == ()
    books.assert_all_left()


def test_identities_that_never_were_leave_without_a_transaction(pool: PoolOnChain) -> None:
    count = pool.transactions_of_wallet()
    assert Leaving(pool).leave().receipts == ()
    assert pool.transactions_of_wallet() == count


def test_nodes_that_never_started_leave_too(pool: PoolOnChain) -> None:
    pool.apply()
    books = Books.opened(pool)
    Leaving(pool).leave()
    books.assert_all_left()


Left = Callable[[PoolOnChain], None]


def first_gives_up_its_node(pool: PoolOnChain) -> None:
    identity, contracts = pool.wanted.identities[0], pool.wanted.contracts
    deregister = Call(contracts.node_safe_registry, NODE_SAFE_REGISTRY.encode("deregisterNodeBySafe", identity.node))
    pool.as_safe(identity, deregister, Call(identity.module, MODULE.encode("removeNode", identity.node)))


def first_is_removed_but_bound(pool: PoolOnChain) -> None:
    """The trap of the order: from here `deregisterNodeBySafe` reverts."""
    identity = pool.wanted.identities[0]
    pool.as_safe(identity, Call(identity.module, MODULE.encode("removeNode", identity.node)))


def first_has_its_module_off(pool: PoolOnChain) -> None:
    identity = pool.wanted.identities[0]
    pool.as_safe(
        identity, Call(identity.safe, encode_call("disableModule(address,address)", SENTINEL, identity.module))
    )


def first_is_off_the_registry(pool: PoolOnChain) -> None:
    data = NETWORK_REGISTRY.encode("managerDeregister", [pool.wanted.identities[0].node])
    pool.ledger.send(pool.wanted.wallet, pool.wanted.contracts.network_registry, data)


def first_safe_is_empty(pool: PoolOnChain) -> None:
    identity, wallet = pool.wanted.identities[0], pool.wanted.wallet
    pay = Call(pool.wanted.contracts.token, TOKEN.encode("transfer", wallet, SAFE_WXHOPR_WEI))
    pool.as_safe(identity, pay, Call(wallet, value_wei=SAFE_XDAI_WEI))


def first_node_is_empty(pool: PoolOnChain) -> None:
    pool.ledger.rpc.call("anvil_setBalance", pool.wanted.identities[0].node, "0x0")


def registry_is_off(pool: PoolOnChain) -> None:
    pool.ledger.send(pool.wanted.wallet, pool.wanted.contracts.network_registry, encode_call("disableRegistry()"))


HALF_LEFT: list[Left] = [
    first_gives_up_its_node,
    first_is_removed_but_bound,
    first_has_its_module_off,
    first_is_off_the_registry,
    first_safe_is_empty,
    first_node_is_empty,
    registry_is_off,
]


@pytest.mark.parametrize("did", HALF_LEFT, ids=lambda did: did.__name__)
def test_what_has_left_half_leaves_wholly(leaving: Leaving, pool: PoolOnChain, did: Left) -> None:
    did(pool)
    books = Books.opened(pool)
    leaving.leave()
    books.assert_all_left()
    assert leaving.leave().receipts == ()


def test_no_safe_pays_before_every_node_was_seen_given_up(leaving: Leaving, pool: PoolOnChain) -> None:
    first_gives_up_its_node(pool)
    kinds = [type(one).__name__ for one in next_round(pool.wanted, pool.look(), pool.limits)]
    assert kinds == ["Resign", "Deregister"]


def test_twenty_leave_with_three_transactions_of_the_wallet(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 20)
    leaving, count = Leaving.in_service(pool), pool.transactions_of_wallet()
    books = Books.opened(pool)
    leaving.leave()
    books.assert_all_left()
    assert pool.transactions_of_wallet() - count == 3


def test_gas_is_foreseen(leaving: Leaving, pool: PoolOnChain) -> None:
    """The limits come from these figures: what is used must be below, and not so far that batches get small."""
    while round_ := next_round(pool.wanted, pool.look(), pool.limits):
        for transaction in round_:
            call = transaction.call(leaving.signers())
            used = pool.ledger.send(pool.wanted.wallet, call.target, call.data, value=call.value_wei).gas_used
            assert transaction.gas * 0.5 < used < transaction.gas, (transaction.summary, used, transaction.gas)


def test_xdai_that_does_not_pay_its_way_stays_and_that_is_said(leaving: Leaving, pool: PoolOnChain) -> None:
    leaving.leave()
    first, second = pool.wanted.identities
    pool.ledger.send(STRANGER, first.safe, b"", value=5)
    pool.ledger.send(STRANGER, second.node, b"", value=6)
    assert leaving.leave().receipts == ()
    assert any(f"0.000000000000000005 xDai stays in Safe {first.safe}" in text for text in pool.said)
    assert any(f"0.000000000000000006 xDai stays with node {second.node}" in text for text in pool.said)
    (of_first, of_second) = departures(pool.wanted, pool.look(), pool.limits)
    assert (of_first.steps, of_second.steps) == ((), ())
    assert of_first.stays


def test_money_that_comes_later_leaves_too(leaving: Leaving, pool: PoolOnChain) -> None:
    leaving.leave()
    books = Books.opened(pool)
    token = TOKEN.encode("transfer", pool.wanted.identities[0].safe, 3)
    pool.ledger.send(pool.wanted.wallet, pool.wanted.contracts.token, token)
    pool.ledger.send(STRANGER, pool.wanted.identities[1].node, b"", value=SAFE_XDAI_WEI)
    assert len(leaving.leave().receipts) == 2
    assert pool.held_by_wallet()[1] == books.wallet_wxhopr_wei
    assert pool.ledger.xdai_of(pool.wanted.identities[1].node) == 0


def test_the_user_is_told_to_close_the_channels_of_nodes_that_have_started(pool: PoolOnChain) -> None:
    pool.apply()
    start_node(pool, "core-2")
    Leaving(pool).leave()
    told = [text for text in pool.said if "close the payment channels" in text]
    assert [text.partition(":")[0] for text in told] == ["core-2"]


def test_leaving_taken_back_sets_the_identities_up_again(leaving: Leaving, pool: PoolOnChain) -> None:
    """The node's rule is still in the module: from here `includeNode` reverts, `addNode` works."""
    leaving.leave()
    pool.apply()
    observed = pool.look()
    assert plan(pool.wanted, observed, BLOCK_GAS) == ()
    assert all(seen.module and seen.module.node_included for seen in observed.identities.values())
    start_node(pool, "core-1")
    assert pool.look().identities["core-1"].node_bound_to == pool.wanted.identities[0].safe
    books = Books.opened(pool)
    leaving.leave()
    books.assert_all_left()


# who may sign, and what is refused


def test_a_safe_that_takes_others_signatures_is_refused_with_who_must_sign_what(
    leaving: Leaving, pool: PoolOnChain
) -> None:
    identity = pool.wanted.identities[1]
    pool.as_safe(identity, Call(identity.safe, SAFE.encode("addOwnerWithThreshold", ADMIN, 2)))
    count = pool.transactions_of_wallet()
    with pytest.raises(PlanRefused) as caught:
        leaving.leave()
    (problem,) = caught.value.problems
    text = str(problem)
    assert text.startswith(f"core-2: Safe {identity.safe} acts with 2 of its owners")
    assert ADMIN in text
    assert "deregisterNodeBySafe and removeNode, then 10 wxHOPR and 0.25" in text
    assert pool.transactions_of_wallet() == count


def test_a_safe_of_others_that_has_left_is_none_of_our_business(leaving: Leaving, pool: PoolOnChain) -> None:
    leaving.leave()
    identity = pool.wanted.identities[0]
    pool.as_safe(identity, Call(identity.safe, SAFE.encode("addOwnerWithThreshold", ADMIN, 2)))
    assert leaving.leave().receipts == ()


def test_a_node_bound_elsewhere_keeps_its_bond_and_all_else_leaves(pool: PoolOnChain, chain: DevelopmentChain) -> None:
    pool.apply()
    first, second = pool.wanted.identities
    include = encode_call("addNode(address)", first.node)
    pool.as_safe(second, Call(second.module, include))
    data = encode_call("registerSafeByNode(address)", second.safe)
    pool.ledger.send(first.node, pool.wanted.contracts.node_safe_registry, data)
    Leaving(pool).leave()
    seen = pool.look().identities["core-1"]
    assert (seen.node_xdai_wei, seen.safe_wxhopr_wei) == (0, 0)
    assert seen.node_bound_to == second.safe
    assert any(f"stays bound to Safe {second.safe}" in text for text in pool.said)


def without_the_managers_role(pool: PoolOnChain) -> None:
    revoke = encode_call("renounceRole(bytes32,address)", MANAGER_ROLE, pool.wanted.wallet)
    pool.ledger.send(pool.wanted.wallet, pool.wanted.contracts.network_registry, revoke)


def rule_works(pool: PoolOnChain, chain: DevelopmentChain) -> None:
    proxy = chain.contracts["rotsee"]["networkRegistryProxy"]
    pool.ledger.send(ADMINISTRATOR, proxy, encode_call("updateStakeThreshold(uint256)", 1))


def test_without_a_manager_the_safe_takes_its_node_off_the_registry_itself(
    leaving: Leaving, pool: PoolOnChain, chain: DevelopmentChain
) -> None:
    """The network registry comes first here: it asks the Safe registry who may act for a node."""
    rule_works(pool, chain)
    without_the_managers_role(pool)
    books = Books.opened(pool)
    done = leaving.leave()
    books.assert_all_left()
    assert len(done.receipts) == 2 + SIZE


def test_where_only_a_manager_could_deregister_the_money_leaves_and_the_user_is_told(
    leaving: Leaving, pool: PoolOnChain
) -> None:
    without_the_managers_role(pool)
    leaving.leave()
    for identity in pool.wanted.identities:
        seen = pool.look().identities[identity.name]
        assert (seen.node_xdai_wei, seen.safe_xdai_wei, seen.safe_wxhopr_wei) == (0, 0, 0)
        assert (seen.node_bound_to, seen.registered_to) == (ZERO_ADDRESS, identity.safe)
        assert any(f"managerDeregister of {identity.node}" in text for text in pool.said)
    assert leaving.leave().receipts == ()


def test_what_the_wallet_lacks_for_gas_is_said_before_anything_is_sent(leaving: Leaving, pool: PoolOnChain) -> None:
    pool.ledger.rpc.call("anvil_setBalance", pool.wanted.wallet, hex(10**12))
    count = pool.transactions_of_wallet()
    with pytest.raises(PreflightFailed, match=r"has 0\.000001 xDai and needs up to .* for the gas of leaving"):
        leaving.leave()
    assert pool.transactions_of_wallet() == count


def test_missing_contracts_are_not_taken_for_having_left(pool: PoolOnChain, ledger: Ledger) -> None:
    ledger.rpc.call("anvil_setCode", pool.wanted.contracts.node_safe_registry, "0x")
    with pytest.raises(PreflightFailed, match="there is no contract at"):
        Leaving(pool).leave()


def test_keys_of_another_node_are_refused_before_the_node_pays(leaving: Leaving, pool: PoolOnChain) -> None:
    with pytest.raises(WalletCannotSign, match="holds the keys of node"):
        leaving.leave(signers=lambda: _with_wrong_keys(leaving))
    leaving.leave()
    assert pool.ledger.xdai_of(pool.wanted.identities[0].node) == 0


def _with_wrong_keys(leaving: Leaving) -> Signers:
    right = leaving.signers()
    return Signers(right.wallet, right.previous, lambda _: right.wallet)


def test_leaving_keeps_to_the_spending_limits(leaving: Leaving, pool: PoolOnChain) -> None:
    limits = SpendingLimits(xdai=Amount("0.000001"))
    count = pool.transactions_of_wallet()
    with pytest.raises(SpendingRefused, match=r"pools\.core\.spending\.xdai"):
        leaving.leave(allowance=Allowance("core", limits))
    assert pool.transactions_of_wallet() == count
