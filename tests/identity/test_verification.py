"""`verify` fails exactly the points that `pulumi up` would change or refuse, in any half-done state."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from identity.errors import PlanRefused
from identity.observation.points import Verdict
from identity.provisioning.plan import plan
from identity.verification.verify import recorded, usable
from testkit.identity.fake_chain import FakeChain
from testkit.identity.half_done import HALF_DONE, POLICIES, HalfDone, half_done_chain
from testkit.identity.pools import BLOCK_GAS, THIRD_PARTY, pool, run


def failing(chain: FakeChain) -> dict[str, set[str]]:
    observed = chain.observe()
    return {
        identity.name: {
            point.key for point in usable(chain.desired, identity, observed) if point.verdict is Verdict.FAILS
        }
        for identity in chain.desired.identities
    }


@given(states=st.lists(HALF_DONE, min_size=1, max_size=3), drawn=POLICIES)
def test_a_point_fails_exactly_where_something_is_missing(states: list[HalfDone], drawn: dict[str, Any]) -> None:
    chain = half_done_chain(states, drawn)
    try:
        todo = bool(plan(chain.desired, chain.observe(), BLOCK_GAS))
    except PlanRefused:
        todo = True
    assert any(failing(chain).values()) == todo


@given(states=st.lists(HALF_DONE, min_size=1, max_size=2), drawn=POLICIES)
def test_a_provisioned_pool_passes_every_point(states: list[HalfDone], drawn: dict[str, Any]) -> None:
    chain = half_done_chain(states, drawn)
    try:
        run(chain, [])
    except PlanRefused:
        return
    assert not any(failing(chain).values())


def test_other_addresses_in_the_outputs_are_named() -> None:
    identity = pool(1).identities[0]
    assert recorded(identity, identity.safe, identity.module).verdict is Verdict.OK
    assert recorded(identity, THIRD_PARTY, identity.module).verdict is Verdict.FAILS
    assert recorded(identity, identity.safe, THIRD_PARTY).verdict is Verdict.FAILS
