"""The network registry of the development chain: managers, Safes that register themselves, eligibility."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from devnet.chain_contracts.calls import encode_call
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger, error_string, selector
from testkit.chain.network_registry import set_stake_threshold
from testkit.chain.reference_setup import PlannedIdentity, register_safe_by_node
from testkit.protocol import ZERO_ADDRESS

DIVISION_BY_ZERO = "0x" + encode_call("Panic(uint256)", 0x12).hex()


def with_address(error: str, address: str) -> str:
    return "0x" + encode_call(f"{error}(address)", address).hex()


@pytest.fixture
def registry(network: dict[str, str]) -> str:
    return network["networkRegistry"]


@pytest.fixture
def safe_registry(network: dict[str, str]) -> str:
    return network["nodeSafeRegistry"]


def manager_register(account: str, node: str) -> bytes:
    return encode_call("managerRegister(address[],address[])", [account], [node])


def account_of(ledger: Ledger, registry: str, node: str) -> str:
    return str(ledger.view(registry, "nodeRegisterdToAccount(address)", node, returns="address"))


def test_the_manager_registers_a_node_once(
    chain: DevelopmentChain, ledger: Ledger, registry: str, node: LocalAccount
) -> None:
    safe = Account.create().address
    ledger.send(chain.wallet.address, registry, manager_register(safe, node.address))
    assert account_of(ledger, registry, node.address) == safe.lower()
    refused = ledger.revert_data(chain.wallet.address, registry, manager_register(safe, node.address))
    assert refused == with_address("NodeAlreadyRegisterd", node.address)
    assert refused.startswith("0x5b533ba1")


def test_the_manager_deregisters_only_what_is_registered(
    chain: DevelopmentChain, ledger: Ledger, registry: str, node: LocalAccount
) -> None:
    ledger.send(chain.wallet.address, registry, manager_register(Account.create().address, node.address))
    deregister = encode_call("managerDeregister(address[])", [node.address])
    ledger.send(chain.wallet.address, registry, deregister)
    assert account_of(ledger, registry, node.address) == ZERO_ADDRESS
    refused = ledger.revert_data(chain.wallet.address, registry, deregister)
    assert refused == with_address("NodeNotYetRegisterd", node.address)


def test_force_sync_announces_eligibility_and_stores_nothing(
    chain: DevelopmentChain, ledger: Ledger, registry: str
) -> None:
    safes = [Account.create().address for _ in range(2)]
    data = encode_call("managerForceSync(address[],bool[])", safes, [True, False])
    receipt = ledger.send(chain.wallet.address, registry, data)
    assert [
        (account[-40:], int(eligible, 16)) for account, eligible in receipt.topics("EligibilityUpdated(address,bool)")
    ] == [(safes[0][2:].lower(), 1), (safes[1][2:].lower(), 0)]
    # 21,000 for the transaction, the events and the call data; one stored word alone would cost 22,100.
    assert receipt.gas_used < 21_000 + 22_100


def test_lists_of_different_lengths_are_refused(chain: DevelopmentChain, ledger: Ledger, registry: str) -> None:
    for data in (
        encode_call("managerRegister(address[],address[])", [ZERO_ADDRESS], []),
        encode_call("managerForceSync(address[],bool[])", [ZERO_ADDRESS], []),
    ):
        assert ledger.revert_data(chain.wallet.address, registry, data) == selector("ArrayLengthNotMatch()")


@pytest.mark.parametrize(
    ("signature", "arguments"),
    [
        ("managerRegister(address[],address[])", ([], [])),
        ("managerDeregister(address[])", ([],)),
        ("managerForceSync(address[],bool[])", ([], [])),
        ("managerSync(address[])", ([],)),
        ("disableRegistry()", ()),
    ],
)
def test_only_a_manager_manages(ledger: Ledger, registry: str, signature: str, arguments: tuple[object, ...]) -> None:
    other = Account.create().address.lower()
    role = ledger.view(registry, "MANAGER_ROLE()", returns="bytes32").hex()
    refused = ledger.revert_data(other, registry, encode_call(signature, *arguments))
    assert refused == error_string(f"AccessControl: account {other} is missing role 0x{role}")


@pytest.mark.parametrize(
    "signature",
    ["isNodeRegisteredAndEligible(address)", "isAccountEligible(address)", "maxAdditionalRegistrations(address)"],
)
def test_eligibility_cannot_be_asked_while_the_stake_threshold_is_zero(
    chain: DevelopmentChain, ledger: Ledger, registry: str, node: LocalAccount, signature: str
) -> None:
    ledger.send(chain.wallet.address, registry, manager_register(Account.create().address, node.address))
    assert ledger.revert_data(chain.wallet.address, registry, encode_call(signature, node.address)) == DIVISION_BY_ZERO


def self_register(node: str) -> bytes:
    return encode_call("selfRegister(address[])", [node])


def test_only_the_safe_of_a_node_registers_it_itself(
    ledger: Ledger, registry: str, safe_registry: str, identity: PlannedIdentity
) -> None:
    refused = with_address("CannotOperateForNode", identity.node)
    assert refused.startswith("0x07414967")
    # Not before the Safe registry has bound the pair, and not by the node.
    assert ledger.revert_data(identity.safe, registry, self_register(identity.node)) == refused
    ledger.send(identity.node, safe_registry, register_safe_by_node(identity))
    assert ledger.revert_data(identity.node, registry, self_register(identity.node)) == refused
    deregister = encode_call("selfDeregister(address[])", [identity.node])
    assert ledger.revert_data(identity.node, registry, deregister) == refused


def test_a_safe_with_enough_stake_registers_and_deregisters_its_node(
    chain: DevelopmentChain,
    ledger: Ledger,
    network: dict[str, str],
    registry: str,
    safe_registry: str,
    identity: PlannedIdentity,
) -> None:
    ledger.send(identity.node, safe_registry, register_safe_by_node(identity))
    ledger.send(chain.wallet.address, network["token"], encode_call("transfer(address,uint256)", identity.safe, 100))
    set_stake_threshold(ledger, network, 101)
    refused = ledger.revert_data(identity.safe, registry, self_register(identity.node))
    assert refused == selector("NotEnoughAllowanceToRegisterNode()")

    set_stake_threshold(ledger, network, 100)
    receipt = ledger.send(identity.safe, registry, self_register(identity.node))
    assert [int(eligible, 16) for _, eligible in receipt.topics("EligibilityUpdated(address,bool)")] == [1]
    assert account_of(ledger, registry, identity.node) == identity.safe.lower()
    assert ledger.view(registry, "isNodeRegisteredAndEligible(address)", identity.node, returns="bool")
    assert ledger.view(registry, "maxAdditionalRegistrations(address)", identity.safe, returns="uint256") == 0

    ledger.send(identity.safe, registry, encode_call("selfDeregister(address[])", [identity.node]))
    assert account_of(ledger, registry, identity.node) == ZERO_ADDRESS


def test_a_disabled_registry_accepts_managers_only(
    chain: DevelopmentChain, ledger: Ledger, registry: str, node: LocalAccount
) -> None:
    assert ledger.view(registry, "enabled()", returns="bool")
    ledger.send(chain.wallet.address, registry, encode_call("disableRegistry()"))
    assert not ledger.view(registry, "enabled()", returns="bool")
    refused = ledger.revert_data(chain.wallet.address, registry, self_register(node.address))
    assert refused == selector("GloballyDisabledRegistry()")
    ledger.send(chain.wallet.address, registry, manager_register(Account.create().address, node.address))
    ledger.send(chain.wallet.address, registry, encode_call("enableRegistry()"))
    assert ledger.view(registry, "enabled()", returns="bool")
