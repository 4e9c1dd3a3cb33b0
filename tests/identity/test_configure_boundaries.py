"""The calls that configure one identity, written out call by call."""

from typing import Any

import pytest
from eth_utils.crypto import keccak

from identity.evm.calls import Call
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedSafe
from identity.provisioning.configure import fresh_safe, is_allowance_sufficient, missing_calls, objections
from testkit.identity.expected_calls import calls_of_a_new_identity, data
from testkit.identity.observations import (
    HANDLER,
    SINGLETON,
    UNLIMITED_WEI,
    ZERO,
    absent,
    complete,
    complete_module,
    complete_safe,
    stored_words,
    word,
)
from testkit.identity.pools import ADMIN, SECOND_ADMIN, THIRD_PARTY, WALLET, WXHOPR, pool

MULTI_SEND = "0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526"
FACTORY_HANDLER = "0x2a15DE4410d4c8af0A7b6c12803120f43C42B820"
SENTINEL = "0x" + "00" * 19 + "01"


def one(**policy: Any) -> tuple[DesiredPool, DesiredIdentity]:
    desired = pool(1, **policy)
    return desired, desired.identities[0]


def owners_of(*owners: str, threshold: int = 1) -> dict[str, Any]:
    return {"owners": owners, "threshold": threshold}


def test_a_complete_identity_needs_no_call_and_meets_no_objection() -> None:
    desired, identity = one()
    assert missing_calls(desired, identity, complete(desired, identity)) == ()
    assert objections(desired, identity, complete(desired, identity)) == []


def test_the_proxy_factory_creates_a_safe_of_its_deployer_alone() -> None:
    assert fresh_safe(WALLET) == ObservedSafe((WALLET,), 1, 0, (), SINGLETON, HANDLER, ZERO)


def test_a_new_identity_needs_every_call_in_this_order() -> None:
    desired, identity = one(**owners_of(ADMIN, SECOND_ADMIN, threshold=2))
    calls = missing_calls(desired, identity, absent())
    assert calls == (
        *calls_of_a_new_identity(desired, identity),
        Call(identity.safe, data("addOwnerWithThreshold(address,uint256)", ADMIN, 1)),
        Call(identity.safe, data("addOwnerWithThreshold(address,uint256)", SECOND_ADMIN, 1)),
        Call(identity.safe, data("removeOwner(address,address,uint256)", ADMIN, WALLET, 1)),
        Call(identity.safe, data("changeThreshold(uint256)", 2)),
    )


def test_a_module_without_an_owner_is_initialized_and_gets_the_default_words() -> None:
    desired, identity = one()
    module = complete_module(desired, identity, owner=ZERO, targets=frozenset(), node_included=False)
    seen = complete(desired, identity, module=module)
    functions = [call.data[:4] for call in missing_calls(desired, identity, seen)]
    assert functions == [
        keccak(text=signature)[:4]
        for signature in ("initialize(bytes)", "scopeTargetToken(uint256)", "includeNode(uint256)")
    ]


def test_a_module_that_is_not_enabled_is_enabled() -> None:
    desired, identity = one()
    seen = complete(desired, identity, safe=complete_safe(desired, identity, modules=()))
    assert missing_calls(desired, identity, seen) == (
        Call(identity.safe, data("enableModule(address)", identity.module)),
    )


@pytest.mark.parametrize(
    ("word_of", "function"),
    [
        ("channels", "scopeTargetChannels(uint256)"),
        ("token", "scopeTargetToken(uint256)"),
        ("announcements", "scopeTargetToken(uint256)"),
    ],
)
def test_a_missing_word_is_scoped_and_a_wrong_one_is_revoked_first(word_of: str, function: str) -> None:
    desired, identity = one()
    words = stored_words(desired, identity.node)
    address = {**desired.contracts.model_dump()}[word_of]
    others = {value for key, value in words.items() if key != word_of}
    scope = Call(identity.module, data(function, words[word_of]))
    revoke = Call(identity.module, data("revokeTarget(address)", address))
    for targets, expected in ((others, (scope,)), (others | {word(address, "00" * 12)}, (revoke, scope))):
        module = complete_module(desired, identity, targets=frozenset(targets))
        assert missing_calls(desired, identity, complete(desired, identity, module=module)) == expected


@pytest.mark.parametrize(
    ("node_word", "included", "functions"),
    [
        ("010203000000000000000000", True, []),
        ("010203000000000000000000", False, ["addNode(address)"]),
        (None, False, ["includeNode(uint256)"]),
        (None, True, ["removeNode(address)", "includeNode(uint256)"]),
        ("010303000000000000000000", False, ["revokeTarget(address)", "includeNode(uint256)"]),
        (
            "010303000000000000000000",
            True,
            ["removeNode(address)", "revokeTarget(address)", "includeNode(uint256)"],
        ),
    ],
)
def test_the_node_is_included_with_exactly_its_word(
    node_word: str | None, included: bool, functions: list[str]
) -> None:
    desired, identity = one()
    words = {key: value for key, value in stored_words(desired, identity.node).items() if key != "node"}
    targets = {*words.values(), *([word(identity.node, node_word)] if node_word else [])}
    module = complete_module(desired, identity, targets=frozenset(targets), node_included=included)
    arguments: dict[str, Any] = {"includeNode(uint256)": word(identity.node, "010303000000000000000000")}
    assert missing_calls(desired, identity, complete(desired, identity, module=module)) == tuple(
        Call(identity.module, data(function, arguments.get(function, identity.node))) for function in functions
    )


@pytest.mark.parametrize(
    ("target_wei", "allowance_wei", "sufficient"),
    [
        (100 * WXHOPR, 100 * WXHOPR, True),
        (100 * WXHOPR, 100 * WXHOPR + 1, False),
        (100 * WXHOPR, 50 * WXHOPR, True),
        (100 * WXHOPR, 50 * WXHOPR - 1, False),
        (101, 50, True),
        (101, 49, False),
        (0, 0, True),
        (0, 1, False),
        (UNLIMITED_WEI, UNLIMITED_WEI, True),
        (UNLIMITED_WEI, 2**255 - 1, True),
        (UNLIMITED_WEI, 2**255 - 2, False),
        (UNLIMITED_WEI - 1, UNLIMITED_WEI, False),
    ],
)
def test_an_allowance_is_renewed_below_half_of_its_target_and_lowered_above_it(
    target_wei: int, allowance_wei: int, sufficient: bool
) -> None:
    desired, identity = one(allowance_wei=target_wei)
    contracts = desired.contracts
    approve = Call(contracts.token, data("approve(address,uint256)", contracts.channels, target_wei))
    assert is_allowance_sufficient(desired, allowance_wei) is sufficient
    calls = missing_calls(desired, identity, complete(desired, identity, allowance_wei=allowance_wei))
    assert calls == (() if sufficient else (approve,))


ADD, REMOVE = "addOwnerWithThreshold(address,uint256)", "removeOwner(address,address,uint256)"
THRESHOLD = "changeThreshold(uint256)"


@pytest.mark.parametrize(
    ("desired_owners", "threshold", "owners", "present_threshold", "calls"),
    [
        ((WALLET, ADMIN), 1, (ADMIN, WALLET), 1, []),
        ((WALLET, ADMIN), 1, (WALLET,), 1, [(ADD, ADMIN, 1)]),
        ((WALLET, ADMIN), 2, (WALLET,), 1, [(ADD, ADMIN, 1), (THRESHOLD, 2)]),
        ((WALLET,), 1, (WALLET, ADMIN), 1, [(REMOVE, WALLET, ADMIN, 1)]),
        ((WALLET,), 1, (ADMIN, WALLET), 1, [(REMOVE, SENTINEL, ADMIN, 1)]),
        ((ADMIN,), 1, (WALLET,), 1, [(ADD, ADMIN, 1), (REMOVE, ADMIN, WALLET, 1)]),
        (
            (WALLET,),
            1,
            (ADMIN, WALLET, THIRD_PARTY),
            3,
            [(REMOVE, SENTINEL, ADMIN, 2), (REMOVE, WALLET, THIRD_PARTY, 1)],
        ),
        (
            (WALLET,),
            1,
            (ADMIN, THIRD_PARTY, WALLET),
            2,
            [(REMOVE, SENTINEL, ADMIN, 2), (REMOVE, SENTINEL, THIRD_PARTY, 1)],
        ),
        ((WALLET, ADMIN), 1, (WALLET, ADMIN), 2, [(THRESHOLD, 1)]),
        ((WALLET, ADMIN, SECOND_ADMIN), 2, (WALLET,), 2, [(ADD, ADMIN, 2), (ADD, SECOND_ADMIN, 2)]),
    ],
)
def test_owners_are_added_then_removed_in_the_order_of_the_safes_list(
    desired_owners: tuple[str, ...],
    threshold: int,
    owners: tuple[str, ...],
    present_threshold: int,
    calls: list[tuple[Any, ...]],
) -> None:
    desired, identity = one(**owners_of(*desired_owners, threshold=threshold))
    seen = complete(
        desired, identity, safe=complete_safe(desired, identity, owners=owners, threshold=present_threshold)
    )
    assert missing_calls(desired, identity, seen) == tuple(Call(identity.safe, data(*call)) for call in calls)
