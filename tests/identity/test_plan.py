"""The planner on paper: from any half-done state, with any crash, it converges and pays exactly once."""

import contextlib
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity import gas, targets
from identity.configure import missing_calls
from identity.contracts import MULTI_SEND_CALL_ONLY, UNLIMITED_WEI
from identity.errors import PlanRefused
from identity.forecast import after, forecast
from identity.plan import due_wei, plan
from identity.transactions import ApproveOperator, Batch, Transaction, TransferWxhopr, evenly
from identity.wanted import WantedIdentity, WantedPool
from tests.identity.model import ModelRevert, PaperChain, PaperModule, PaperSafe
from tests.identity.pools import WXHOPR, XDAI, network, policy

WALLET = "0x05801834Fd089aFe070dAB49B2111B92A4725893"
ADMIN = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
SECOND_ADMIN = "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
STRANGER = "0x826A1bF3d51Fa7F402A1E01d1B2C8A8bAC28E666"
BLOCK_GAS = 16_700_000
WALLET_XDAI, WALLET_WXHOPR = 1_000 * XDAI, 100_000 * WXHOPR
OWNERS = [((WALLET,), 1), ((WALLET, ADMIN), 1), ((ADMIN, WALLET), 2), ((ADMIN, SECOND_ADMIN), 2), ((ADMIN,), 1)]


def pool(size: int, **changes: object) -> WantedPool:
    nodes = {f"core-{number}": f"0x{number:040x}" for number in range(1, size + 1)}
    return WantedPool.of(network(), WALLET, policy(WALLET, **changes), nodes)


def empty_chain(wanted: WantedPool) -> PaperChain:
    return PaperChain(wanted, xdai={WALLET: WALLET_XDAI}, wxhopr={WALLET: WALLET_WXHOPR})


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


def run(chain: PaperChain, crashes: list[int]) -> int:
    """Plans and mines round after round; `crashes` says after how many transactions a round breaks off."""
    for rounds in range(60):
        transactions = plan(chain.wanted, chain.observe(), BLOCK_GAS)
        if not transactions:
            return rounds
        stop = crashes.pop() if crashes else len(transactions)
        for transaction in transactions[:stop]:
            chain.mine(transaction)
    raise AssertionError("the plan never ends")


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


@pytest.mark.parametrize(("size", "batches"), [(1, 1), (7, 1), (17, 1), (20, 2), (50, 3)])
def test_a_new_pool_takes_as_few_batches_as_the_gas_allows(size: int, batches: int) -> None:
    wanted = pool(size, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
    chain = empty_chain(wanted)
    chain.allowances[(WALLET, wanted.operator)] = UNLIMITED_WEI
    chain.safes[wanted.operator] = PaperSafe([WALLET])
    transactions = forecast(wanted, chain.observe(), BLOCK_GAS)
    assert [type(transaction).__name__ for transaction in transactions] == ["Batch"] * batches + [
        "Register",
        "ForceSync",
    ]
    assert all(gas.limit(transaction.gas, BLOCK_GAS) <= BLOCK_GAS for transaction in transactions)


def test_many_safes_are_paid_by_the_operator_and_few_by_plain_transfers() -> None:
    for size, kind in ((3, TransferWxhopr), (20, ApproveOperator)):
        wanted = pool(size, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
        transactions = forecast(wanted, empty_chain(wanted).observe(), BLOCK_GAS)
        assert any(isinstance(transaction, kind) for transaction in transactions)


def test_once_the_operator_may_spend_it_pays_everything() -> None:
    wanted = pool(1, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
    chain = empty_chain(wanted)
    chain.allowances[(WALLET, wanted.operator)] = UNLIMITED_WEI
    transactions = forecast(wanted, chain.observe(), BLOCK_GAS)
    assert not any(isinstance(transaction, TransferWxhopr | ApproveOperator) for transaction in transactions)


def test_a_payment_on_its_own_is_the_first_of_its_round() -> None:
    wanted = pool(3, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
    observed = empty_chain(wanted).observe()
    while round_ := plan(wanted, observed, BLOCK_GAS):
        for position, transaction in enumerate(round_):
            rides_with_setup = isinstance(transaction, Batch) and all(job.calls for job in transaction.jobs)
            pays = transaction.xdai_wei or transaction.wxhopr_wei
            assert not pays or rides_with_setup or position == 0
            observed = after(wanted, observed, transaction)


def test_a_node_bound_to_another_safe_is_refused_and_named() -> None:
    wanted = pool(3)
    chain = empty_chain(wanted)
    chain.bound[wanted.identities[1].node] = STRANGER
    chain.registered[wanted.identities[2].node] = STRANGER
    with pytest.raises(PlanRefused) as caught:
        plan(wanted, chain.observe(), BLOCK_GAS)
    assert [problem.path for problem in caught.value.problems] == ["core-2", "core-3"]
    assert str(caught.value).count(STRANGER) == 2


def test_a_safe_that_the_wallet_does_not_control_is_refused_when_it_needs_a_change() -> None:
    wanted = pool(1)
    chain = empty_chain(wanted)
    run(chain, [])
    chain.safes[wanted.identities[0].safe].owners = [STRANGER]
    with pytest.raises(PlanRefused, match=f"{STRANGER}.*cannot do that alone"):
        plan(wanted, chain.observe(), BLOCK_GAS)


def test_a_safe_of_other_admins_is_left_alone_while_nothing_is_missing() -> None:
    wanted = pool(1, owners=(ADMIN, SECOND_ADMIN), threshold=2)
    chain = empty_chain(wanted)
    run(chain, [])
    assert chain.safes[wanted.identities[0].safe].threshold == 2
    assert plan(wanted, chain.observe(), BLOCK_GAS) == ()


def test_an_extra_module_or_target_is_refused() -> None:
    wanted = pool(2)
    chain = empty_chain(wanted)
    run(chain, [])
    chain.safes[wanted.identities[0].safe].modules.append(STRANGER)
    chain.modules[wanted.identities[1].module].rules[STRANGER] = targets.word(STRANGER, "0" * 24)
    with pytest.raises(PlanRefused) as caught:
        plan(wanted, chain.observe(), BLOCK_GAS)
    assert [problem.path for problem in caught.value.problems] == ["core-1", "core-2"]


def test_nothing_is_registered_while_the_registry_is_off() -> None:
    wanted = pool(1)
    chain = empty_chain(wanted)
    chain.registry_enabled = False
    run(chain, [])
    assert chain.registered == {}


def test_an_unlimited_allowance_that_channels_have_used_is_not_renewed() -> None:
    wanted = pool(1)
    chain = empty_chain(wanted)
    run(chain, [])
    identity = wanted.identities[0]
    chain.allowances[(identity.safe, wanted.contracts.channels)] -= 10**24
    assert missing_calls(wanted, identity, chain.observe().identities[identity.name]) == ()


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(9, 40))
def test_groups_keep_the_order_and_fit(items: list[int], most: int) -> None:
    groups = list(evenly(items, lambda group: sum(group) <= most))
    assert [item for group in groups for item in group] == items
    assert all(group and sum(group) <= most for group in groups)
