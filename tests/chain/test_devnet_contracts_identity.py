"""Identities on the development chain: Safe, module, targets, and errors (docs/protocol.md#contract-errors)."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_account import Account

from devnet.chain_contracts.addresses import MULTICALL3, SAFE
from devnet.chain_contracts.calls import encode_call
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger, error_string, selector
from testkit.chain.reference_setup import (
    SETUP,
    PlannedIdentity,
    aggregate3,
    create_safe,
    plan_identity,
    safe_transaction,
)
from testkit.protocol import (
    ANNOUNCEMENTS_PERMISSIONS,
    CHANNELS_PERMISSIONS,
    NODE_PERMISSIONS,
    UNLIMITED,
    ZERO_ADDRESS,
    target_word,
)

FIRST_OWNER = "0x" + "1".zfill(40)
FALLBACK_HANDLER_SLOT = "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5"

TARGET_IS_SCOPED = "0xe8c07d2a"
WITH_MEMBERSHIP = "0xe3a05a94"
NO_MEMBERSHIP = "0xfd8e9f28"


def test_the_safe_is_at_the_address_its_owner_decides(
    chain: DevelopmentChain, ledger: Ledger, identity: PlannedIdentity
) -> None:
    assert ledger.has_code(identity.safe)
    owners = ledger.view(identity.safe, "getOwners()", returns="address[]")
    assert owners == (chain.wallet.address.lower(),)
    assert ledger.view(identity.safe, "getThreshold()", returns="uint256") == 1
    assert ledger.view(identity.safe, "nonce()", returns="uint256") == 1
    singleton = ledger.rpc.call("eth_getStorageAt", identity.safe, "0x0", "latest")
    assert singleton[-40:] == SAFE["Safe"][2:].lower()
    handler = ledger.rpc.call("eth_getStorageAt", identity.safe, FALLBACK_HANDLER_SLOT, "latest")
    assert handler[-40:] == SAFE["CompatibilityFallbackHandler"][2:].lower()


def test_the_safe_has_exactly_the_planned_module(ledger: Ledger, identity: PlannedIdentity) -> None:
    modules, _ = ledger.view(
        identity.safe, "getModulesPaginated(address,uint256)", FIRST_OWNER, 10, returns="address[],address"
    )
    assert modules == (identity.module.lower(),)
    assert ledger.view(identity.safe, "isModuleEnabled(address)", identity.module, returns="bool")
    assert ledger.view(identity.module, "owner()", returns="address") == identity.safe.lower()
    assert ledger.view(identity.module, "isHoprNodeManagementModule()", returns="bool")
    assert ledger.view(identity.module, "multisend()", returns="address") == SAFE["MultiSendCallOnly"].lower()
    assert ledger.view(identity.module, "isNode(address)", identity.node, returns="bool")


def test_the_module_rewrites_target_words_when_it_stores_them(
    ledger: Ledger, network: dict[str, str], identity: PlannedIdentity
) -> None:
    assert ledger.view(identity.module, "getTargets()", returns="uint256[]") == (
        target_word(network["channels"], "010103030303030303030000"),
        target_word(network["token"], "010003000000000000000303"),
        target_word(network["announcements"], "010003000000000000000000"),
        target_word(identity.node, "010203000000000000000000"),
    )


def test_the_channels_may_spend_the_safes_wxhopr(
    ledger: Ledger, network: dict[str, str], identity: PlannedIdentity
) -> None:
    allowance = ledger.view(
        network["token"], "allowance(address,address)", identity.safe, network["channels"], returns="uint256"
    )
    assert allowance == UNLIMITED


def test_the_module_is_a_clone_of_the_networks_implementation(
    ledger: Ledger, network: dict[str, str], identity: PlannedIdentity
) -> None:
    implementation = network["moduleImplementation"][2:].lower()
    code = ledger.rpc.call("eth_getCode", identity.module, "latest")
    assert code == f"0x363d3d373d3d3d363d73{implementation}5af43d82803e903d91602b57fd5bf3"


def by_safe(ledger: Ledger, identity: PlannedIdentity, signature: str, argument: object) -> str:
    """The revert data of a call of the module by its Safe."""
    return ledger.revert_data(identity.safe, identity.module, encode_call(signature, argument))


@pytest.mark.parametrize(
    ("signature", "contract", "permissions"),
    [
        ("scopeTargetToken(uint256)", "announcements", ANNOUNCEMENTS_PERMISSIONS),
        ("scopeTargetChannels(uint256)", "channels", CHANNELS_PERMISSIONS),
        ("addChannelsAndTokenTarget(uint256)", "channels", CHANNELS_PERMISSIONS),
    ],
)
def test_a_target_is_scoped_once(
    ledger: Ledger,
    network: dict[str, str],
    identity: PlannedIdentity,
    signature: str,
    contract: str,
    permissions: str,
) -> None:
    word = target_word(network[contract], permissions)
    assert by_safe(ledger, identity, signature, word) == TARGET_IS_SCOPED == selector("TargetIsScoped()")


def test_a_node_is_included_once(ledger: Ledger, identity: PlannedIdentity) -> None:
    word = target_word(identity.node, NODE_PERMISSIONS)
    assert by_safe(ledger, identity, "includeNode(uint256)", word) == WITH_MEMBERSHIP == selector("WithMembership()")
    assert by_safe(ledger, identity, "addNode(address)", identity.node) == WITH_MEMBERSHIP


def test_only_a_member_can_be_removed(ledger: Ledger, identity: PlannedIdentity) -> None:
    other = Account.create().address
    assert by_safe(ledger, identity, "removeNode(address)", other) == NO_MEMBERSHIP == selector("NoMembership()")


def test_a_removed_node_keeps_its_target_so_that_only_add_node_brings_it_back(
    ledger: Ledger, identity: PlannedIdentity
) -> None:
    word = target_word(identity.node, NODE_PERMISSIONS)
    ledger.send(identity.safe, identity.module, encode_call("removeNode(address)", identity.node))
    assert not ledger.view(identity.module, "isNode(address)", identity.node, returns="bool")
    assert by_safe(ledger, identity, "includeNode(uint256)", word) == TARGET_IS_SCOPED
    ledger.send(identity.safe, identity.module, encode_call("addNode(address)", identity.node))
    assert ledger.view(identity.module, "isNode(address)", identity.node, returns="bool")


def test_a_revoked_target_may_be_scoped_again(
    ledger: Ledger, network: dict[str, str], identity: PlannedIdentity
) -> None:
    before = ledger.view(identity.module, "getTargets()", returns="uint256[]")
    ledger.send(identity.safe, identity.module, encode_call("revokeTarget(address)", network["channels"]))
    # The last target takes the place of the one that left.
    left = ledger.view(identity.module, "getTargets()", returns="uint256[]")
    assert left == (before[3], before[1], before[2])
    again = by_safe(ledger, identity, "revokeTarget(address)", network["channels"])
    assert again == selector("TargetIsNotScoped()")
    word = target_word(network["channels"], CHANNELS_PERMISSIONS)
    ledger.send(identity.safe, identity.module, encode_call("scopeTargetChannels(uint256)", word))
    assert ledger.view(identity.module, "getTargets()", returns="uint256[]") == (*left, before[0])


@pytest.mark.parametrize(
    "signature",
    [
        "includeNode(uint256)",
        "addNode(address)",
        "removeNode(address)",
        "revokeTarget(address)",
        "scopeTargetToken(uint256)",
        "scopeTargetChannels(uint256)",
        "addChannelsAndTokenTarget(uint256)",
    ],
)
def test_only_the_safe_changes_its_module(
    chain: DevelopmentChain, ledger: Ledger, identity: PlannedIdentity, signature: str
) -> None:
    data = encode_call(signature, identity.node if "address" in signature else 1)
    refused = ledger.revert_data(chain.wallet.address, identity.module, data)
    assert refused == error_string("Ownable: caller is not the owner")


def test_neither_a_module_nor_its_implementation_is_initialized_again(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str], identity: PlannedIdentity
) -> None:
    word = target_word(network["channels"], CHANNELS_PERMISSIONS)
    parameters = encode(["address", "address", "uint256"], [chain.wallet.address, SAFE["MultiSendCallOnly"], word])
    data = encode_call("initialize(bytes)", parameters)
    for module in (identity.module, network["moduleImplementation"]):
        refused = ledger.revert_data(chain.wallet.address, module, data)
        assert refused == error_string("Initializable: contract is already initialized")


def test_the_safe_reverts_with_the_reason(chain: DevelopmentChain, ledger: Ledger, identity: PlannedIdentity) -> None:
    wallet, safe = chain.wallet.address, identity.safe
    enable = encode_call("enableModule(address)", identity.module)
    assert ledger.revert_data(safe, safe, enable) == error_string("GS102")
    remove = encode_call("removeOwner(address,address,uint256)", FIRST_OWNER, wallet, 1)
    assert ledger.revert_data(safe, safe, remove) == error_string("GS201")
    again = encode_call(SETUP, [wallet], 1, ZERO_ADDRESS, b"", ZERO_ADDRESS, ZERO_ADDRESS, 0, ZERO_ADDRESS)
    assert ledger.revert_data(wallet, safe, again) == error_string("GS200")


def test_the_safe_refuses_the_signature_of_another_account(
    chain: DevelopmentChain, ledger: Ledger, identity: PlannedIdentity
) -> None:
    forged = safe_transaction(Account.create(), identity.safe, identity.module, b"", nonce=1)
    assert ledger.revert_data(chain.wallet.address, identity.safe, forged) == error_string("GS026")


def test_the_safe_hides_why_an_inner_call_failed(
    chain: DevelopmentChain, ledger: Ledger, identity: PlannedIdentity
) -> None:
    inner = encode_call("addNode(address)", identity.node)
    failing = safe_transaction(chain.wallet, identity.safe, identity.module, inner, nonce=1)
    assert ledger.revert_data(chain.wallet.address, identity.safe, failing) == error_string("GS013")


def test_an_existing_safe_is_not_created_again(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]
) -> None:
    planned = plan_identity(ledger, chain.wallet, network)
    ledger.send(chain.wallet.address, *planned.calls[0])
    factory, create = planned.calls[0]
    assert ledger.revert_data(chain.wallet.address, factory, create) == error_string("Create2 call failed")
    batch = aggregate3([planned.calls[0]])
    refused = ledger.revert_data(chain.wallet.address, MULTICALL3, batch)
    assert refused == error_string("Multicall3: call failed")


def test_anyone_can_relay_the_signed_steps(chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]) -> None:
    planned = plan_identity(ledger, chain.wallet, network)
    ledger.send(Account.create().address, MULTICALL3, aggregate3(planned.calls))
    assert ledger.view(planned.module, "isNode(address)", planned.node, returns="bool")


def test_a_second_owner_takes_over(chain: DevelopmentChain, ledger: Ledger, identity: PlannedIdentity) -> None:
    admin = Account.create()
    add = encode_call("addOwnerWithThreshold(address,uint256)", admin.address, 1)
    ledger.send(
        chain.wallet.address, identity.safe, safe_transaction(chain.wallet, identity.safe, identity.safe, add, nonce=1)
    )
    remove = encode_call("removeOwner(address,address,uint256)", admin.address, chain.wallet.address, 1)
    ledger.send(admin.address, identity.safe, safe_transaction(admin, identity.safe, identity.safe, remove, nonce=2))
    assert ledger.view(identity.safe, "getOwners()", returns="address[]") == (admin.address.lower(),)


def test_two_safes_of_one_owner_differ_by_the_salt(chain: DevelopmentChain, ledger: Ledger) -> None:
    for salt_nonce in (1, 2):
        ledger.send(chain.wallet.address, *create_safe(chain.wallet.address, salt_nonce))
