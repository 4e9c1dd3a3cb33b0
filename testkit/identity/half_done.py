"""Half-done pools on paper for the property tests: identities at any point of their life, in any world."""

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

WALLET_BEFORE = SECOND_ADMIN


NOTHING, FRESH_SAFE, CONFIGURED, INITIALIZED = range(4)
"""No Safe, one as its founder gets it, one with an empty module, one whose module has its owner."""


@dataclass(frozen=True)
class HalfDone:
    """How far one identity has come; the wallet before founded some, and some of these it has handed over.

    Others may own its Safe too, as long as one signature is enough. The rest is so only as far as its stage lets it.
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
    founded_before: bool
    handed_over: bool
    safe_xdai_wei: int
    owners_before: tuple[str, ...]
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
    founded_before=st.booleans(),
    handed_over=st.booleans(),
    safe_xdai_wei=st.sampled_from([0, 1, XDAI]),
    owners_before=st.sampled_from([(), (ADMIN,)]),
    owners_behind=st.sampled_from([(), (THIRD_PARTY,)]),
)


def put(chain: FakeChain, identity: DesiredIdentity, state: HalfDone) -> None:
    """Brings one identity on the paper chain into this state."""
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
    safe.owners = [*state.owners_before, signer, *state.owners_behind]
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
    """A paper chain with these identities, wanted by this policy."""
    rest = dict(drawn)
    owners, threshold = rest.pop("owners_and_threshold")
    minimum = rest["safe_wxhopr_wei"] // 2
    desired = pool(len(states), owners=owners, threshold=threshold, safe_wxhopr_minimum_wei=minimum, **rest)
    nodes = {one.name: one.node for one in desired.identities}
    deployers = {name: WALLET_BEFORE for name, state in zip(nodes, states, strict=True) if state.founded_before}
    desired = DesiredPool.of(
        desired.network, WALLET, desired.policy, nodes, deployers=deployers, previous_wallet=WALLET_BEFORE
    )
    chain = empty_chain(desired)
    chain.network.manager = WALLET if world["is_manager"] else None
    chain.network.enabled = world["registry_enabled"]
    chain.network.self_registrations = world["self_registrations"]
    if world["operator_nonce"] is not None:
        chain.safes[desired.operator] = FakeSafe([WALLET], nonce=world["operator_nonce"])
    chain.allowances[(WALLET, desired.operator)] = world["operator_allowance_wei"]
    for identity, state in zip(desired.identities, states, strict=True):
        put(chain, identity, state)
    return chain
