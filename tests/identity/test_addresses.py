"""Addresses against the derivation in docs/protocol.md, written out with only eth_abi and keccak."""

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from identity.evm import addresses

DEPLOYER = "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
NODE = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
IMPLEMENTATION = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
CHAIN_ID = 100

# Safe 1.4.1 on every chain: github.com/safe-global/safe-deployments
PROXY_FACTORY = "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"
FALLBACK_HANDLER = "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"
SETUP_TYPES = ["address[]", "uint256", "address", "bytes", "address", "address", "uint256", "address"]
ZERO = "0x" + "00" * 20
PROXY_INIT_CODE_HASH = "76733d705f71b79841c0ee960a0ca880f779cde7ef446c989e6d23efc0a4adfb"


def raw(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def create2(deployer: str, salt: bytes, init_code_hash: bytes) -> str:
    return to_checksum_address(keccak(b"\xff" + raw(deployer) + salt + init_code_hash)[-20:])


def setup_data(owner: str) -> bytes:
    selector = keccak(text=f"setup({','.join(SETUP_TYPES)})")[:4]
    return selector + encode(SETUP_TYPES, [[owner], 1, ZERO, b"", FALLBACK_HANDLER, ZERO, 0, ZERO])


def derived(what: str, network: str, chain_id: int, node: str) -> bytes:
    return keccak(
        encode(["string", "string", "uint256", "address"], [f"hoprd-pulumi {what} v1", network, chain_id, node])
    )


def proxy(owner: str, salt_nonce: bytes) -> str:
    return create2(PROXY_FACTORY, keccak(keccak(setup_data(owner)) + salt_nonce), bytes.fromhex(PROXY_INIT_CODE_HASH))


def test_the_setup_call_makes_the_deployer_the_only_owner() -> None:
    assert addresses.safe_setup(DEPLOYER) == setup_data(DEPLOYER)


@pytest.mark.parametrize("network", ["rotsee", "dufour"])
def test_the_safe_follows_from_deployer_network_chain_and_node(network: str) -> None:
    salt_nonce = derived("safe", network, CHAIN_ID, NODE)
    assert addresses.safe_salt_nonce(network, CHAIN_ID, NODE) == int.from_bytes(salt_nonce)
    assert addresses.safe_address(DEPLOYER, network, CHAIN_ID, NODE) == proxy(DEPLOYER, salt_nonce)


@pytest.mark.parametrize("chain_id", [100, 31337])
def test_the_operator_safe_follows_from_wallet_and_chain(chain_id: int) -> None:
    salt_nonce = keccak(encode(["string", "uint256"], ["hoprd-pulumi operator v1", chain_id]))
    assert addresses.operator_salt_nonce(chain_id) == int.from_bytes(salt_nonce)
    assert addresses.operator_address(DEPLOYER, chain_id) == proxy(DEPLOYER, salt_nonce)


def test_a_salt_nonce_keeps_its_leading_zeros() -> None:
    assert addresses._proxy_address(DEPLOYER, 1) == proxy(DEPLOYER, bytes(31) + b"\x01")


def test_the_module_is_a_minimal_clone_that_its_safe_deploys() -> None:
    code = bytes.fromhex(
        "3d602d80600a3d3981f3363d3d373d3d3d363d73" + IMPLEMENTATION[2:] + "5af43d82803e903d91602b57fd5bf3"
    )
    salt = derived("module", "rotsee", CHAIN_ID, NODE)
    assert addresses.module_init_code(IMPLEMENTATION) == code
    assert addresses.module_salt("rotsee", CHAIN_ID, NODE) == salt
    safe = addresses.safe_address(DEPLOYER, "rotsee", CHAIN_ID, NODE)
    module = addresses.module_address(safe, IMPLEMENTATION, "rotsee", CHAIN_ID, NODE)
    assert module == create2(safe, salt, keccak(code))
