"""Half-done pools for the property tests: identities in any state, on a chain in any state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from identity.evm.contracts import MULTI_SEND_CALL_ONLY, UNLIMITED_WEI
from identity.observation.desired import DesiredIdentity, DesiredPool
from testkit.identity.fake_chain import FakeChain
from testkit.identity.fake_contracts import FakeModule, FakeSafe
from testkit.identity.pools import ADMIN, OWNERS, SECOND_ADMIN, THIRD_PARTY, WALLET, WXHOPR, XDAI, empty_chain, pool
from testkit.protocol import (
    ANNOUNCEMENTS_PERMISSIONS,
    CHANNELS_STORED_PERMISSIONS,
    NODE_STORED_PERMISSIONS,
    TOKEN_STORED_PERMISSIONS,
    address_of_target,
    target_word,
)

PREVIOUS_WALLET = SECOND_ADMIN


NOTHING, FRESH_SAFE, CONFIGURED, INITIALIZED = range(4)
"""No Safe; a new Safe; a Safe with an empty module; a Safe whose module is initialized."""


@dataclass(frozen=True)
class HalfDone:
    """The state of one identity. The previous wallet deployed the Safe of some, and has handed over some of those.

    Others may own the Safe too, as long as one signature is enough. A field applies only if the stage allows it.
    """

    stage: int
    rules: frozenset[str]
    enabled: bool
    included: bool
    allowance_wei: int
    nonce: int
    node_xdai_wei: int
    safe_wxhopr_wei: int
    registered: bool
    eligible: bool
    bound: bool
    deployed_by_previous: bool
    handed_over: bool
    safe_xdai_wei: int
    owners_in_front: tuple[str, ...]
    owners_behind: tuple[str, ...]


HALF_DONE = st.builds(
    HalfDone,
    stage=st.sampled_from([INITIALIZED, INITIALIZED, NOTHING, FRESH_SAFE, CONFIGURED, INITIALIZED]),
    rules=st.frozensets(st.sampled_from(["channels", "token", "announcements", "node", "wrong channels"])),
    enabled=st.booleans(),
    included=st.booleans(),
    allowance_wei=st.sampled_from([0, 1, WXHOPR, UNLIMITED_WEI - WXHOPR, UNLIMITED_WEI]),
    nonce=st.integers(1, 5),
    node_xdai_wei=st.sampled_from([0, 1, XDAI // 20 - 1, XDAI // 20, XDAI // 10, XDAI]),
    safe_wxhopr_wei=st.sampled_from([0, 1, 5 * WXHOPR, 10 * WXHOPR, 11 * WXHOPR]),
    registered=st.booleans(),
    eligible=st.booleans(),
    bound=st.booleans(),
    deployed_by_previous=st.booleans(),
    handed_over=st.booleans(),
    safe_xdai_wei=st.sampled_from([0, 1, XDAI]),
    owners_in_front=st.sampled_from([(), (ADMIN,)]),
    owners_behind=st.sampled_from([(), (THIRD_PARTY,)]),
)


def apply_state(chain: FakeChain, identity: DesiredIdentity, state: HalfDone) -> None:
    """Bring one identity on the chain model into this state."""
    contracts = chain.desired.contracts
    chain.xdai[identity.node], chain.wxhopr[identity.safe] = state.node_xdai_wei, state.safe_wxhopr_wei
    chain.xdai[identity.safe] = state.safe_xdai_wei
    if state.registered:
        chain.network.registered[identity.node] = identity.safe
    if state.eligible:
        chain.network.eligible.add(identity.safe)
    if state.stage == NOTHING:
        return
    safe = chain.safes[identity.safe] = FakeSafe([identity.deployer])
    if state.stage == FRESH_SAFE:
        return
    safe.nonce = state.nonce
    signer = WALLET if state.handed_over else identity.deployer
    safe.owners = [*state.owners_in_front, signer, *state.owners_behind]
    safe.modules = [identity.module] if state.enabled else []
    chain.allowances[(identity.safe, contracts.channels)] = state.allowance_wei
    module = chain.modules[identity.module] = FakeModule()
    if state.stage == CONFIGURED:
        return
    module.owner, module.multisend = identity.safe, MULTI_SEND_CALL_ONLY
    stored = {
        "channels": target_word(contracts.channels, CHANNELS_STORED_PERMISSIONS),
        "wrong channels": target_word(contracts.channels, "0" * 24),
        "token": target_word(contracts.token, TOKEN_STORED_PERMISSIONS),
        "announcements": target_word(contracts.announcements, ANNOUNCEMENTS_PERMISSIONS),
        "node": target_word(identity.node, NODE_STORED_PERMISSIONS),
    }
    words = [stored[rule] for rule in sorted(state.rules)]
    module.rules = {address_of_target(word): word for word in words}
    module.nodes = {identity.node} if state.included else set()
    if state.bound:
        chain.nodes.bound[identity.node], chain.nodes.signatures[identity.node] = identity.safe, 1


POLICIES = st.fixed_dictionaries(
    {
        "owners_and_threshold": st.sampled_from(OWNERS),
        "allowance_wei": st.sampled_from([UNLIMITED_WEI, 100 * WXHOPR]),
        "safe_wxhopr_wei": st.sampled_from([0, 10 * WXHOPR]),
        "register_nodes": st.booleans(),
    }
)


WORLDS = st.fixed_dictionaries(
    {
        "is_manager": st.booleans(),
        "registry_enabled": st.booleans(),
        "self_registrations": st.sampled_from([0, 1]),
        "operator_nonce": st.sampled_from([None, 0, 3]),
        "operator_allowance_wei": st.sampled_from([0, WXHOPR, UNLIMITED_WEI]),
    }
)


PLAIN_WORLD = {
    "is_manager": True,
    "registry_enabled": True,
    "self_registrations": 0,
    "operator_nonce": None,
    "operator_allowance_wei": 0,
}
"""The wallet registers all nodes, and has no operator Safe yet."""


def half_done_chain(states: list[HalfDone], drawn: dict[str, Any], world: Mapping[str, Any] = PLAIN_WORLD) -> FakeChain:
    """Return a chain model with these identities and this desired policy."""
    rest = dict(drawn)
    owners, threshold = rest.pop("owners_and_threshold")
    minimum = rest["safe_wxhopr_wei"] // 2
    desired = pool(len(states), owners=owners, threshold=threshold, safe_wxhopr_minimum_wei=minimum, **rest)
    nodes = {one.name: one.node for one in desired.identities}
    deployers = {name: PREVIOUS_WALLET for name, state in zip(nodes, states, strict=True) if state.deployed_by_previous}
    desired = DesiredPool.of(
        desired.network, WALLET, desired.policy, nodes, deployers=deployers, previous_wallet=PREVIOUS_WALLET
    )
    chain = empty_chain(desired)
    chain.network.manager = WALLET if world["is_manager"] else None
    chain.network.enabled = world["registry_enabled"]
    chain.network.self_registrations = world["self_registrations"]
    if world["operator_nonce"] is not None:
        chain.safes[desired.operator] = FakeSafe([WALLET], nonce=world["operator_nonce"])
    chain.allowances[(WALLET, desired.operator)] = world["operator_allowance_wei"]
    for identity, state in zip(desired.identities, states, strict=True):
        apply_state(chain, identity, state)
    return chain
