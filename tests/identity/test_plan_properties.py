"""The planner on the chain model: from any half-done state, with any crash, it converges and pays exactly once."""

import contextlib
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from identity.evm import targets
from identity.observation.desired import DesiredIdentity
from identity.provisioning.forecast import forecast
from identity.provisioning.plan import plan
from identity.provisioning.transactions import Transaction
from testkit.identity.examples import examples
from testkit.identity.fake_chain import FakeChain
from testkit.identity.fake_contracts import ModelRevert
from testkit.identity.half_done import HALF_DONE, POLICIES, WORLDS, HalfDone, half_done_chain
from testkit.identity.pools import BLOCK_GAS, WXHOPR, empty_chain, pool, run
from testkit.identity.world_events import EVENTS, Event, others_pay_the_nodes


def may_register(chain: FakeChain, identity: DesiredIdentity) -> bool:
    """Whether an account may register it: the wallet as manager, or its Safe if the wallet alone signs for it."""
    if not chain.network.enabled or chain.network.manager:
        return chain.network.enabled
    safe = chain.safes[identity.safe]
    return chain.network.self_registrations > 0 and chain.desired.sole_signer(safe.owners, safe.threshold) is not None


def expected_balances(chain: FakeChain) -> tuple[dict[str, int], dict[str, int]]:
    """Return the final balances: the target where the balance is below its minimum or empty, else unchanged."""
    policy = chain.desired.policy

    def expected(held_wei: int, minimum_wei: int, target_wei: int) -> int:
        if held_wei == 0 or held_wei < minimum_wei:
            return target_wei if target_wei > held_wei else held_wei
        return held_wei

    xdai = {
        one.node: expected(chain.xdai.get(one.node, 0), policy.node_xdai_minimum_wei, policy.node_xdai_wei)
        for one in chain.desired.identities
    }
    wxhopr = {
        one.safe: expected(chain.wxhopr.get(one.safe, 0), policy.safe_wxhopr_minimum_wei, policy.safe_wxhopr_wei)
        for one in chain.desired.identities
    }
    return xdai, wxhopr


def assert_holds(chain: FakeChain, xdai: dict[str, int], wxhopr: dict[str, int]) -> None:
    assert {node: chain.xdai[node] for node in xdai} == xdai
    assert {safe: chain.wxhopr.get(safe, 0) for safe in wxhopr} == wxhopr


def assert_complete(chain: FakeChain) -> None:
    """Assert that every identity is configured as desired, and registered if an account may register it."""
    desired = chain.desired
    for identity in desired.identities:
        safe = chain.safes[identity.safe]
        assert (set(safe.owners), safe.threshold) == (set(desired.policy.owners), desired.policy.threshold)
        assert safe.modules == [identity.module]
        module = chain.modules[identity.module]
        assert frozenset(module.rules.values()) == targets.expected(desired.contracts, identity.node)
        assert identity.node in module.nodes
        if desired.policy.register_nodes and may_register(chain, identity):
            assert chain.network.registered[identity.node] == identity.safe
            assert identity.safe in chain.network.eligible


@examples(150)
@given(
    states=st.lists(HALF_DONE, min_size=1, max_size=5),
    drawn=POLICIES,
    world=WORLDS,
    crashes=st.lists(st.integers(0, 3), max_size=4),
)
def test_any_half_done_pool_converges_and_pays_exactly_once(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any], crashes: list[int]
) -> None:
    chain = half_done_chain(states, drawn, world)
    xdai, wxhopr = expected_balances(chain)
    held_xdai, held_wxhopr = sum(chain.xdai.values()), sum(chain.wxhopr.values())

    run(chain, crashes)

    assert_complete(chain)
    assert_holds(chain, xdai, wxhopr)
    assert (sum(chain.xdai.values()), sum(chain.wxhopr.values())) == (held_xdai, held_wxhopr)


@examples(60)
@given(states=st.lists(HALF_DONE, min_size=1, max_size=5), drawn=POLICIES, world=WORLDS)
def test_the_forecast_is_what_happens(states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any]) -> None:
    chain = half_done_chain(states, drawn, world)
    desired = chain.desired
    foreseen = forecast(desired, chain.observe(), BLOCK_GAS)
    for transaction in foreseen:
        chain.mine(transaction)
    assert plan(desired, chain.observe(), BLOCK_GAS) == ()


def mine_one_of(candidates: list[Transaction], chain: FakeChain, data: st.DataObject) -> None:
    """Mine one of all transactions that were ever sent with this nonce; it may revert."""
    if candidates:
        with contextlib.suppress(ModelRevert):  # it costs gas, nothing else
            chain.mine(data.draw(st.sampled_from(candidates)))


def run_with_late_rounds(chain: FakeChain, data: st.DataObject, events: Sequence[Event | None]) -> set[Event | None]:
    """Run to the end while rounds that were sent but not mined compete for their nonces with those of later runs.

    Between two rounds other accounts change the chain; return their events.
    """
    floating: dict[int, list[Transaction]] = {}
    happened = set()
    for _ in range(40):
        event = data.draw(st.sampled_from(events))
        happened.add(event)
        if event:
            event(chain)
        transactions = plan(chain.desired, chain.observe(), BLOCK_GAS)
        if not transactions:
            break
        for position, transaction in enumerate(transactions):
            floating.setdefault(chain.nonce + position, []).append(transaction)
        for _ in range(data.draw(st.integers(0, len(transactions)))):
            mine_one_of(floating.pop(chain.nonce, []), chain, data)
    run(chain, [])
    while chain.nonce in floating:
        mine_one_of(floating.pop(chain.nonce), chain, data)
    return happened


@examples(60)
@given(states=st.lists(HALF_DONE, min_size=1, max_size=4), drawn=POLICIES, world=WORLDS, data=st.data())
def test_an_old_round_that_is_mined_late_never_pays_twice(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any], data: st.DataObject
) -> None:
    """A payment by another account may come on top of one that was already sent."""
    chain = half_done_chain(states, drawn, world)
    xdai, wxhopr = expected_balances(chain)
    if others_pay_the_nodes in run_with_late_rounds(chain, data, [None, *EVENTS, others_pay_the_nodes]):
        xdai = {}
    assert_holds(chain, xdai, wxhopr)


@examples(200)
@given(size=st.integers(2, 3), data=st.data())
def test_an_old_top_up_that_is_mined_late_never_pays_twice(size: int, data: st.DataObject) -> None:
    """If others pay the nodes, less is missing, and the same payment gets a lower nonce."""
    chain = empty_chain(pool(size, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR))
    run(chain, [])
    for identity in chain.desired.identities:
        chain.xdai[identity.node] = chain.wxhopr[identity.safe] = 0
    _, wxhopr = expected_balances(chain)
    run_with_late_rounds(chain, data, [None, others_pay_the_nodes])
    assert_holds(chain, {}, wxhopr)


@examples(100)
@given(
    states=st.lists(HALF_DONE, min_size=1, max_size=4),
    drawn=POLICIES,
    world=WORLDS,
    events=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(EVENTS)), max_size=6),
)
def test_changes_by_others_during_a_round_are_observed_and_nothing_is_paid_twice(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any], events: list[tuple[int, Event]]
) -> None:
    """Each event happens between two transactions of a round, or after it; transactions already sent may then fail."""
    chain = half_done_chain(states, drawn, world)
    xdai, wxhopr = expected_balances(chain)
    for position, happen in events:
        transactions = plan(chain.desired, chain.observe(), BLOCK_GAS)
        for transaction in transactions[:position]:
            chain.mine(transaction)
        happen(chain)
        for transaction in transactions[position:]:
            with contextlib.suppress(ModelRevert):
                chain.mine(transaction)
    run(chain, [])
    assert_complete(chain)
    assert_holds(chain, xdai, wxhopr)
