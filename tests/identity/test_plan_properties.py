"""The planner on paper: from any half-done state, with any crash, it converges and pays exactly once."""

import contextlib
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from identity import targets
from identity.contracts import MULTI_SEND_CALL_ONLY, UNLIMITED_WEI
from identity.forecast import forecast
from identity.plan import due_wei, plan
from identity.transactions import Transaction
from identity.wanted import WantedIdentity, WantedPool
from tests.identity.paper_chain import PaperChain
from tests.identity.paper_contracts import ModelRevert, PaperModule, PaperSafe
from tests.identity.pools import (
    BLOCK_GAS,
    OWNERS,
    WALLET,
    WXHOPR,
    XDAI,
    empty_chain,
    pool,
    run,
)


@dataclass(frozen=True)
class HalfDone:
    """How far one identity has come."""

    safe: bool
    configured: bool
    rules: frozenset[str]
    initialized: bool
    enabled: bool
    included: bool
    allowance_wei: int
    nonce: int
    node_xdai_wei: int
    safe_wxhopr_wei: int
    registered: bool
    eligible: bool


HALF_DONE = st.builds(
    HalfDone,
    safe=st.booleans(),
    configured=st.booleans(),
    rules=st.frozensets(st.sampled_from(["channels", "token", "announcements", "node", "wrong channels"])),
    initialized=st.booleans(),
    enabled=st.booleans(),
    included=st.booleans(),
    allowance_wei=st.sampled_from([0, 1, WXHOPR, UNLIMITED_WEI - WXHOPR, UNLIMITED_WEI]),
    nonce=st.integers(1, 5),
    node_xdai_wei=st.sampled_from([0, 1, XDAI // 20 - 1, XDAI // 20, XDAI // 10, XDAI]),
    safe_wxhopr_wei=st.sampled_from([0, 1, 5 * WXHOPR, 10 * WXHOPR, 11 * WXHOPR]),
    registered=st.booleans(),
    eligible=st.booleans(),
)


def put(chain: PaperChain, identity: WantedIdentity, state: HalfDone) -> None:
    """Brings one identity on the paper chain into this state."""
    contracts = chain.wanted.contracts
    chain.xdai[identity.node], chain.wxhopr[identity.safe] = state.node_xdai_wei, state.safe_wxhopr_wei
    if state.registered:
        chain.registered[identity.node] = identity.safe
    if state.eligible:
        chain.eligible.add(identity.safe)
    if not state.safe:
        return
    safe = chain.safes[identity.safe] = PaperSafe([WALLET])
    if not state.configured:
        return
    safe.nonce = state.nonce
    safe.modules = [identity.module] if state.enabled else []
    chain.allowances[(identity.safe, contracts.channels)] = state.allowance_wei
    module = chain.modules[identity.module] = PaperModule()
    if not state.initialized:
        return
    module.owner, module.multisend = identity.safe, MULTI_SEND_CALL_ONLY
    stored = {
        "channels": targets.channels_target(contracts),
        "wrong channels": targets.word(contracts.channels, "0" * 24),
        "token": targets.token_target(contracts),
        "announcements": targets.announcements_target(contracts),
        "node": targets.node_target_stored(identity.node),
    }
    module.rules = targets.by_address(stored[rule] for rule in sorted(state.rules))
    module.nodes = {identity.node} if state.included else set()


POLICIES = st.fixed_dictionaries(
    {
        "owners_and_threshold": st.sampled_from(OWNERS),
        "allowance_wei": st.sampled_from([UNLIMITED_WEI, 100 * WXHOPR]),
        "safe_wxhopr_wei": st.sampled_from([0, 10 * WXHOPR]),
        "register_nodes": st.booleans(),
    }
)


def wanted_by(size: int, drawn: dict[str, Any]) -> WantedPool:
    rest = dict(drawn)
    owners, threshold = rest.pop("owners_and_threshold")
    minimum = rest["safe_wxhopr_wei"] // 2
    return pool(size, owners=owners, threshold=threshold, safe_wxhopr_minimum_wei=minimum, **rest)


def expected_balances(chain: PaperChain) -> tuple[dict[str, int], dict[str, int]]:
    """What every node and Safe must hold in the end: its target where it is below the minimum now, else what it has."""
    wanted = chain.wanted.policy
    xdai = {
        one.node: chain.xdai.get(one.node, 0)
        + due_wei(chain.xdai.get(one.node, 0), wanted.node_xdai_minimum_wei, wanted.node_xdai_wei)
        for one in chain.wanted.identities
    }
    wxhopr = {
        one.safe: chain.wxhopr.get(one.safe, 0)
        + due_wei(chain.wxhopr.get(one.safe, 0), wanted.safe_wxhopr_minimum_wei, wanted.safe_wxhopr_wei)
        for one in chain.wanted.identities
    }
    return xdai, wxhopr


@settings(max_examples=150, deadline=None)
@given(
    states=st.lists(HALF_DONE, min_size=1, max_size=5),
    drawn=POLICIES,
    approved=st.booleans(),
    crashes=st.lists(st.integers(0, 3), max_size=4),
)
def test_any_half_done_pool_converges_and_pays_exactly_once(
    states: list[HalfDone], drawn: dict[str, Any], approved: bool, crashes: list[int]
) -> None:
    wanted = wanted_by(len(states), drawn)
    chain = empty_chain(wanted)
    if approved:
        chain.allowances[(WALLET, wanted.operator)] = UNLIMITED_WEI
    for identity, state in zip(wanted.identities, states, strict=True):
        put(chain, identity, state)
    xdai, wxhopr = expected_balances(chain)
    held_xdai, held_wxhopr = sum(chain.xdai.values()), sum(chain.wxhopr.values())

    run(chain, crashes)

    assert {node: chain.xdai[node] for node in xdai} == xdai
    assert {safe: chain.wxhopr[safe] for safe in wxhopr} == wxhopr
    assert (sum(chain.xdai.values()), sum(chain.wxhopr.values())) == (held_xdai, held_wxhopr)
    for identity in wanted.identities:
        safe = chain.safes[identity.safe]
        assert (set(safe.owners), safe.threshold) == (set(wanted.policy.owners), wanted.policy.threshold)
        assert safe.modules == [identity.module]
        module = chain.modules[identity.module]
        assert frozenset(module.rules.values()) == targets.expected(wanted.contracts, identity.node)
        assert identity.node in module.nodes
        assert not wanted.policy.register_nodes or chain.registered[identity.node] == identity.safe
        assert not wanted.policy.register_nodes or identity.safe in chain.eligible


@settings(max_examples=60, deadline=None)
@given(states=st.lists(HALF_DONE, min_size=1, max_size=5), drawn=POLICIES)
def test_the_forecast_is_what_happens(states: list[HalfDone], drawn: dict[str, Any]) -> None:
    wanted = wanted_by(len(states), drawn)
    chain = empty_chain(wanted)
    for identity, state in zip(wanted.identities, states, strict=True):
        put(chain, identity, state)
    foreseen = forecast(wanted, chain.observe(), BLOCK_GAS)
    for transaction in foreseen:
        chain.mine(transaction)
    assert plan(wanted, chain.observe(), BLOCK_GAS) == ()


def mine_one_of(candidates: list[Transaction], chain: PaperChain, data: st.DataObject) -> None:
    """Of all transactions that were ever sent with this nonce, one is mined, well or badly."""
    if candidates:
        with contextlib.suppress(ModelRevert):  # gas is lost, nothing else
            chain.mine(data.draw(st.sampled_from(candidates)))


@settings(max_examples=60, deadline=None)
@given(states=st.lists(HALF_DONE, min_size=1, max_size=4), drawn=POLICIES, data=st.data())
def test_an_old_round_that_turns_up_late_never_pays_twice(
    states: list[HalfDone], drawn: dict[str, Any], data: st.DataObject
) -> None:
    """A round that was sent but not seen competes for its nonces with the round of the next run."""
    wanted = wanted_by(len(states), drawn)
    chain = empty_chain(wanted)
    for identity, state in zip(wanted.identities, states, strict=True):
        put(chain, identity, state)
    xdai, wxhopr = expected_balances(chain)
    floating: dict[int, list[Transaction]] = {}
    for _ in range(40):
        transactions = plan(wanted, chain.observe(), BLOCK_GAS)
        if not transactions:
            break
        for position, transaction in enumerate(transactions):
            floating.setdefault(chain.nonce + position, []).append(transaction)
        for _ in range(data.draw(st.integers(0, len(transactions)))):
            mine_one_of(floating.pop(chain.nonce, []), chain, data)
    run(chain, [])
    while chain.nonce in floating:
        mine_one_of(floating.pop(chain.nonce), chain, data)
    assert {node: chain.xdai[node] for node in xdai} == xdai
    assert {safe: chain.wxhopr.get(safe, 0) for safe in wxhopr} == wxhopr
