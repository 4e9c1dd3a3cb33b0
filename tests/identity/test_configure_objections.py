"""The objections to a change of one identity, word for word."""

from dataclasses import replace
from typing import Any

import pytest

from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.provisioning.configure import objections
from testkit.identity.observations import (
    MULTI_SEND_CALL_ONLY,
    ZERO,
    absent,
    complete,
    complete_module,
    complete_safe,
    stored_words,
    word,
)
from testkit.identity.pools import ADMIN, THIRD_PARTY, WALLET, pool

MULTI_SEND = "0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526"
FACTORY_HANDLER = "0x2a15DE4410d4c8af0A7b6c12803120f43C42B820"


def one(**policy: Any) -> tuple[DesiredPool, DesiredIdentity]:
    desired = pool(1, **policy)
    return desired, desired.identities[0]


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        ({"node_bound_to": THIRD_PARTY}, [f"is bound to Safe {THIRD_PARTY}, expected Safe ", "wallet.formerAddresses"]),
        ({"registered_to": THIRD_PARTY}, [f"network registry for {THIRD_PARTY}, expected ", "wallet.formerAddresses"]),
    ],
)
def test_a_node_of_another_safe_is_an_objection(change: dict[str, Any], texts: list[str]) -> None:
    desired, identity = one()
    (found,) = objections(desired, identity, complete(desired, identity, **change))
    assert found.startswith(f"node {identity.node} is ")
    assert identity.safe in found
    assert all(text in found for text in texts)


def test_a_node_that_is_bound_to_its_own_safe_is_no_objection() -> None:
    desired, identity = one()
    own = complete(desired, identity, node_bound_to=identity.safe, registered_to=identity.safe)
    assert objections(desired, identity, own) == []
    assert objections(desired, identity, replace(own, node_bound_to=ZERO, registered_to=ZERO)) == []


def test_every_unexpected_setting_is_reported() -> None:
    desired, identity = one()
    strange = word(THIRD_PARTY, "00" * 12)
    words = {*stored_words(desired, identity.node).values(), strange, word(ADMIN, "00" * 12)}
    safe = complete_safe(
        desired,
        identity,
        singleton=ADMIN,
        fallback_handler=THIRD_PARTY,
        guard=THIRD_PARTY,
        modules=(THIRD_PARTY, identity.module, ADMIN),
    )
    module = complete_module(desired, identity, owner=ADMIN, multisend=MULTI_SEND, targets=frozenset(words))
    found = objections(desired, identity, complete(desired, identity, safe=safe, module=module))
    by_owners = "find out who did it, and have the Safe's owners"
    replace_it = "retire this identity and use a new one"
    name = f"Safe {identity.safe}"
    assert found == [
        f"{name} runs code {ADMIN}, expected Safe 1.4.1 0x41675C099F32341bf84BFc5382aF534df5C7461a: do not use this "
        f"Safe, {replace_it}",
        f"{name} has fallback handler {THIRD_PARTY}, expected 0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99: {by_owners} "
        "set it back (setFallbackHandler)",
        f"{name} has guard {THIRD_PARTY}, expected none: {by_owners} remove it (setGuard)",
        f"{name} has module {THIRD_PARTY}, {ADMIN}, expected {identity.module} alone: {by_owners} disable it "
        "(disableModule)",
        f"module {identity.module} belongs to {ADMIN}, expected {name}: do not use this module, {replace_it}",
        f"module {identity.module} has MultiSend {MULTI_SEND}, expected {MULTI_SEND_CALL_ONLY}: do not use this "
        f"module, {replace_it}",
        f"module {identity.module} lets the node call {ADMIN}, {THIRD_PARTY} too: {by_owners} revoke it (revokeTarget, "
        "by the Safe on the module)",
    ]


def test_a_module_without_an_owner_is_only_checked_for_its_targets() -> None:
    desired, identity = one()
    module = complete_module(
        desired, identity, owner=ZERO, multisend=ZERO, targets=frozenset({word(THIRD_PARTY, "00" * 12)})
    )
    (found,) = objections(desired, identity, complete(desired, identity, module=module))
    assert "lets the node call" in found


@pytest.mark.parametrize(
    ("owners", "threshold", "objects"),
    [((WALLET,), 1, False), ((ADMIN, WALLET), 1, False), ((ADMIN, WALLET), 2, True), ((ADMIN,), 1, True)],
)
def test_a_missing_call_needs_a_safe_for_which_the_wallet_alone_signs(
    owners: tuple[str, ...], threshold: int, objects: bool
) -> None:
    desired, identity = one(owners=owners, threshold=threshold)
    seen = complete(desired, identity, allowance_wei=0)
    found = objections(desired, identity, seen)
    assert bool(found) is objects
    if objects:
        assert f"needs the signatures of {threshold} of its owners ({', '.join(owners)})" in found[0]
        assert f"wallet {WALLET} cannot sign alone" in found[0]
    assert objections(desired, identity, complete(desired, identity)) == []


def test_the_previous_wallet_may_sign_too() -> None:
    desired, _ = one(owners=(WALLET,))
    handed = replace(desired, previous_wallet=ADMIN)
    seen = complete(desired, desired.identities[0], safe=complete_safe(desired, desired.identities[0], owners=(ADMIN,)))
    assert objections(handed, handed.identities[0], seen) == []
    assert objections(desired, desired.identities[0], seen) != []


def test_a_safe_of_another_deployer_cannot_be_created() -> None:
    desired, identity = one()
    other = replace(identity, deployer=THIRD_PARTY)
    (found,) = objections(desired, other, absent())
    assert f"({THIRD_PARTY})" in found


def test_trusted_contracts_must_exist() -> None:
    desired, identity = one()
    trusted = replace(identity, trusted=True)
    where = "on chain 100, and the program never creates a trusted Safe or module"
    remedy = "correct the address, or remove safeAddress, moduleAddress and trustExistingSafe to get a new Safe"
    no_safe = f"safeAddress: there is no Safe at {identity.safe} {where}: {remedy}"
    no_module = f"moduleAddress: there is no node-management module at {identity.module} {where}: {remedy}"
    no_owner = f"moduleAddress: {identity.module} has no owner, so anyone can initialize it: {remedy}"
    seen = complete(desired, identity)
    without_owner = complete_module(desired, identity, owner=ZERO)
    assert objections(desired, trusted, seen) == []
    assert objections(desired, trusted, absent()) == [no_safe, no_module]
    assert objections(desired, trusted, replace(seen, safe=None)) == [no_safe]
    assert objections(desired, trusted, replace(seen, module=None)) == [no_module]
    assert objections(desired, trusted, replace(seen, module=without_owner)) == [no_owner]
    assert objections(desired, identity, replace(seen, module=without_owner)) == []


@pytest.mark.parametrize(("trusted", "objects"), [(True, 0), (False, 2)])
def test_only_a_trusted_identity_may_have_the_settings_of_the_hopr_factory(trusted: bool, objects: int) -> None:
    desired, identity = one()
    seen = complete(
        desired,
        identity,
        safe=complete_safe(desired, identity, fallback_handler=FACTORY_HANDLER),
        module=complete_module(desired, identity, multisend=MULTI_SEND),
    )
    assert len(objections(desired, replace(identity, trusted=trusted), seen)) == objects


def test_a_trusted_identity_with_other_settings_names_all_that_are_accepted() -> None:
    desired, identity = one()
    seen = complete(
        desired,
        identity,
        safe=complete_safe(desired, identity, fallback_handler=ADMIN),
        module=complete_module(desired, identity, multisend=ADMIN),
    )
    handler, multisend = objections(desired, replace(identity, trusted=True), seen)
    assert f"expected 0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99 or {FACTORY_HANDLER}: " in handler
    assert f"expected {MULTI_SEND_CALL_ONLY} or {MULTI_SEND}: " in multisend
