"""The Safe registry of the development chain: who binds a node to a Safe, and who unbinds it."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from devnet.chain_contracts.calls import encode_call
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger, selector
from testkit.chain.reference_setup import CHAIN_ID, PlannedIdentity, register_safe_by_node
from testkit.protocol import ZERO_ADDRESS


@pytest.fixture
def safe_registry(network: dict[str, str]) -> str:
    return network["nodeSafeRegistry"]


def register_safe_signed(registry: str, node: LocalAccount, safe: str, nonce: int) -> bytes:
    message = encode_typed_data(
        {
            "name": "NodeSafeRegistry",
            "version": "1.0.0",
            "chainId": CHAIN_ID,
            "verifyingContract": registry,
        },
        {
            "NodeSafeNonce": [
                {"name": "safeAddress", "type": "address"},
                {"name": "nodeChainKeyAddress", "type": "address"},
                {"name": "nodeSigNonce", "type": "uint256"},
            ]
        },
        {"safeAddress": safe, "nodeChainKeyAddress": node.address, "nodeSigNonce": nonce},
    )
    signature = node.sign_message(message).signature
    return encode_call("registerSafeWithNodeSig(address,address,bytes)", safe, node.address, signature)


def safe_of(ledger: Ledger, safe_registry: str, node: str) -> str:
    return str(ledger.view(safe_registry, "nodeToSafe(address)", node, returns="address"))


def test_a_node_registers_the_safe_that_includes_it(
    ledger: Ledger, safe_registry: str, identity: PlannedIdentity
) -> None:
    receipt = ledger.send(identity.node, safe_registry, register_safe_by_node(identity))
    assert len(receipt.topics("RegisteredNodeSafe(address,address)")) == 1
    assert safe_of(ledger, safe_registry, identity.node) == identity.safe.lower()
    pair = "isNodeSafeRegistered(address,address)"
    assert ledger.view(safe_registry, pair, identity.safe, identity.node, returns="bool")
    assert not ledger.view(safe_registry, pair, identity.node, identity.safe, returns="bool")


def test_a_node_registers_once(ledger: Ledger, safe_registry: str, identity: PlannedIdentity) -> None:
    ledger.send(identity.node, safe_registry, register_safe_by_node(identity))
    refused = ledger.revert_data(identity.node, safe_registry, register_safe_by_node(identity))
    assert refused == "0x67dc3001" == selector("NodeHasSafe()")


def test_a_node_outside_the_module_cannot_register(
    ledger: Ledger, safe_registry: str, identity: PlannedIdentity
) -> None:
    refused = ledger.revert_data(Account.create().address, safe_registry, register_safe_by_node(identity))
    assert refused == "0xba5d7eb0" == selector("NodeNotModuleMember()")


def test_a_module_that_is_not_enabled_does_not_count(
    ledger: Ledger, safe_registry: str, identity: PlannedIdentity
) -> None:
    first = "0x" + "1".zfill(40)
    disable = encode_call("disableModule(address,address)", first, identity.module)
    ledger.send(identity.safe, identity.safe, disable)
    refused = ledger.revert_data(identity.node, safe_registry, register_safe_by_node(identity))
    assert refused == selector("NodeNotModuleMember()")


def test_neither_safe_nor_node_may_be_zero_and_a_node_is_no_contract(
    ledger: Ledger, safe_registry: str, identity: PlannedIdentity
) -> None:
    unbound = encode_call("registerSafeByNode(address)", ZERO_ADDRESS)
    assert ledger.revert_data(identity.node, safe_registry, unbound) == selector("SafeAddressZero()")
    refused = ledger.revert_data(identity.safe, safe_registry, register_safe_by_node(identity))
    assert refused == selector("NodeIsContract()")


def test_anybody_hands_in_a_nodes_signature_once(
    chain: DevelopmentChain, ledger: Ledger, safe_registry: str, node: LocalAccount, identity: PlannedIdentity
) -> None:
    nonce = ledger.view(safe_registry, "nodeSigNonce(address)", node.address, returns="uint256")
    signed = register_safe_signed(safe_registry, node, identity.safe, nonce)
    ledger.send(chain.wallet.address, safe_registry, signed)
    assert safe_of(ledger, safe_registry, node.address) == identity.safe.lower()
    assert ledger.view(safe_registry, "nodeSigNonce(address)", node.address, returns="uint256") == nonce + 1
    ledger.send(identity.safe, safe_registry, encode_call("deregisterNodeBySafe(address)", node.address))
    refused = ledger.revert_data(chain.wallet.address, safe_registry, signed)
    assert refused == selector("NotValidSignatureFromNode()")


def test_only_the_nodes_signature_for_this_registry_counts(
    chain: DevelopmentChain, ledger: Ledger, safe_registry: str, node: LocalAccount, identity: PlannedIdentity
) -> None:
    elsewhere = register_safe_signed(ZERO_ADDRESS, node, identity.safe, 0)
    refused = ledger.revert_data(chain.wallet.address, safe_registry, elsewhere)
    assert refused == selector("NotValidSignatureFromNode()")
    short = encode_call("registerSafeWithNodeSig(address,address,bytes)", identity.safe, node.address, b"short")
    assert ledger.revert_data(chain.wallet.address, safe_registry, short) == selector("NotValidSignatureFromNode()")


def test_only_its_safe_deregisters_a_node_and_only_while_it_is_included(
    chain: DevelopmentChain, ledger: Ledger, safe_registry: str, identity: PlannedIdentity
) -> None:
    ledger.send(identity.node, safe_registry, register_safe_by_node(identity))
    deregister = encode_call("deregisterNodeBySafe(address)", identity.node)
    assert ledger.revert_data(chain.wallet.address, safe_registry, deregister) == selector("NotValidSafe()")
    ledger.send(identity.safe, identity.module, encode_call("removeNode(address)", identity.node))
    assert ledger.revert_data(identity.safe, safe_registry, deregister) == selector("NodeNotModuleMember()")
    ledger.send(identity.safe, identity.module, encode_call("addNode(address)", identity.node))
    ledger.send(identity.safe, safe_registry, deregister)
    assert safe_of(ledger, safe_registry, identity.node) == ZERO_ADDRESS
