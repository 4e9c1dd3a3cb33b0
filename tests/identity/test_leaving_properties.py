"""Leaving on paper: from any half-done state, with any crash, all comes to the wallet; and who left may come back."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from config.chain import Chain
from identity.evm.contracts import ZERO_ADDRESS
from identity.leaving.steps import fee_wei, next_round
from identity.look.wanted import WantedPool
from identity.making.plan import plan
from tests.identity.half_done import HALF_DONE, POLICIES, WORLDS, HalfDone, half_done_chain
from tests.identity.paper_chain import PaperChain
from tests.identity.pools import BLOCK_GAS, WALLET, run

LIMITS = Chain(rpc_url=SecretStr("http://127.0.0.1:1"))
MOST_GAS_TO_DRAIN = 500_000


ALONE = {"owners_and_threshold": ((WALLET,), 1)}


def leave(chain: PaperChain, wanted: WantedPool, crashes: list[int]) -> None:
    """Plans and mines round after round; `crashes` says after how many transactions a round breaks off."""
    for _ in range(40):
        transactions = next_round(wanted, chain.observe(), LIMITS)
        if not transactions:
            return
        stop = crashes.pop() if crashes else len(transactions)
        for transaction in transactions[:stop]:
            chain.mine(transaction)
    raise AssertionError("the leaving never ends")


@settings(max_examples=100, deadline=None)
@given(
    states=st.lists(HALF_DONE, min_size=1, max_size=4),
    drawn=POLICIES,
    world=WORLDS,
    crashes=st.lists(st.integers(0, 2), max_size=4),
)
def test_whatever_is_half_done_leaves_wholly_and_can_come_back(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any], crashes: list[int]
) -> None:
    chain = half_done_chain(states, {**drawn, **ALONE}, world)
    held_xdai, held_wxhopr = sum(chain.xdai.values()), sum(chain.wxhopr.values())
    dust_wei = MOST_GAS_TO_DRAIN * fee_wei(chain.observe(), LIMITS)

    leave(chain, chain.wanted, crashes)

    assert (sum(chain.xdai.values()), sum(chain.wxhopr.values())) == (held_xdai, held_wxhopr)
    for identity in chain.wanted.identities:
        seen = chain.observe().identities[identity.name]
        assert seen.node_bound_to == ZERO_ADDRESS
        assert not (seen.module and seen.module.node_included)
        if seen.safe:
            assert seen.safe_wxhopr_wei == 0
            assert seen.safe_xdai_wei <= dust_wei
        if chain.network.manager:
            assert identity.node not in chain.network.registered

    run(chain, [])
    assert plan(chain.wanted, chain.observe(), BLOCK_GAS) == ()


@settings(max_examples=60, deadline=None)
@given(states=st.lists(HALF_DONE, min_size=1, max_size=4), drawn=POLICIES, world=WORLDS)
def test_who_has_left_sends_nothing(states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any]) -> None:
    chain = half_done_chain(states, {**drawn, **ALONE}, world)
    leave(chain, chain.wanted, [])
    nonce = chain.nonce
    leave(chain, chain.wanted, [])
    assert chain.nonce == nonce


@settings(max_examples=60, deadline=None)
@given(
    states=st.lists(HALF_DONE, min_size=2, max_size=4),
    drawn=POLICIES,
    world=WORLDS,
    crashes=st.lists(st.integers(0, 2), max_size=4),
)
def test_who_stays_is_not_touched_while_another_retires(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any], crashes: list[int]
) -> None:
    chain = half_done_chain(states, {**drawn, **ALONE}, world)
    run(chain, [])
    names = [identity.name for identity in chain.wanted.identities]
    retired, serving = chain.wanted.only(set(names[:1])), chain.wanted.only(set(names[1:]))
    before = chain.observe().identities

    leave(chain, retired, crashes)

    after = chain.observe()
    assert {name: after.identities[name] for name in names[1:]} == {name: before[name] for name in names[1:]}
    assert plan(serving, after, BLOCK_GAS) == ()
