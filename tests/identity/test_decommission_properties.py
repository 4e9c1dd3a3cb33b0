"""Decommissioning on the chain model: from any half-done state, with any crash, the wallet receives all funds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from config.models.chain import ChainSettings
from identity.decommission.plan import next_round
from identity.evm.contracts import ZERO_ADDRESS
from identity.observation.desired import DesiredPool
from identity.provisioning.plan import plan
from testkit.identity.examples import examples
from testkit.identity.fake_chain import FakeChain
from testkit.identity.half_done import HALF_DONE, POLICIES, WORLDS, HalfDone, half_done_chain
from testkit.identity.pools import BLOCK_GAS, WALLET, run

CHAIN_SETTINGS = ChainSettings(rpc_url=SecretStr("http://127.0.0.1:1"), max_fee_gwei=10, priority_fee_gwei=2)
MOST_GAS_TO_DRAIN = 500_000
FEE_WEI = 4 * 10**9
"""Twice the base fee of 1 gwei plus the tip of 2 gwei."""


ALONE = {"owners_and_threshold": ((WALLET,), 1)}


def decommission(chain: FakeChain, desired: DesiredPool, crashes: list[int]) -> None:
    """Plan and mine round after round; `crashes` has the number of transactions after which a round is interrupted."""
    for _ in range(40):
        transactions = next_round(desired, chain.observe(), CHAIN_SETTINGS)
        if not transactions:
            return
        stop = crashes.pop() if crashes else len(transactions)
        for transaction in transactions[:stop]:
            chain.mine(transaction)
    raise AssertionError("the plan is never empty")


@examples(100)
@given(
    states=st.lists(HALF_DONE, min_size=1, max_size=4),
    drawn=POLICIES,
    world=WORLDS,
    crashes=st.lists(st.integers(0, 2), max_size=4),
)
def test_any_half_done_pool_is_decommissioned_completely_and_can_be_provisioned_again(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any], crashes: list[int]
) -> None:
    chain = half_done_chain(states, {**drawn, **ALONE}, world)
    held_xdai, held_wxhopr = sum(chain.xdai.values()), sum(chain.wxhopr.values())
    dust_wei = MOST_GAS_TO_DRAIN * FEE_WEI

    decommission(chain, chain.desired, crashes)

    assert (sum(chain.xdai.values()), sum(chain.wxhopr.values())) == (held_xdai, held_wxhopr)
    for identity in chain.desired.identities:
        seen = chain.observe().identities[identity.name]
        assert seen.node_bound_to == ZERO_ADDRESS
        assert not (seen.module and seen.module.node_included)
        if seen.safe:
            assert seen.safe_wxhopr_wei == 0
            assert seen.safe_xdai_wei <= dust_wei
        if chain.network.manager:
            assert identity.node not in chain.network.registered

    run(chain, [])
    assert plan(chain.desired, chain.observe(), BLOCK_GAS) == ()


@examples(60)
@given(states=st.lists(HALF_DONE, min_size=1, max_size=4), drawn=POLICIES, world=WORLDS)
def test_a_decommissioned_pool_needs_no_transaction(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any]
) -> None:
    chain = half_done_chain(states, {**drawn, **ALONE}, world)
    decommission(chain, chain.desired, [])
    nonce = chain.nonce
    decommission(chain, chain.desired, [])
    assert chain.nonce == nonce


@examples(60)
@given(
    states=st.lists(HALF_DONE, min_size=2, max_size=4),
    drawn=POLICIES,
    world=WORLDS,
    crashes=st.lists(st.integers(0, 2), max_size=4),
)
def test_decommissioning_one_identity_does_not_change_the_others(
    states: list[HalfDone], drawn: dict[str, Any], world: dict[str, Any], crashes: list[int]
) -> None:
    chain = half_done_chain(states, {**drawn, **ALONE}, world)
    run(chain, [])
    names = [identity.name for identity in chain.desired.identities]
    retired, serving = chain.desired.only(set(names[:1])), chain.desired.only(set(names[1:]))
    before = chain.observe().identities

    decommission(chain, retired, crashes)

    after = chain.observe()
    assert {name: after.identities[name] for name in names[1:]} == {name: before[name] for name in names[1:]}
    assert plan(serving, after, BLOCK_GAS) == ()
