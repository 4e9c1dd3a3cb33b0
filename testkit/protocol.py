"""The protocol of docs/protocol.md, written again for the tests: target words, CREATE2 addresses, signed hashes.

Nothing here imports the program, so that no test compares the program with itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_abi.packed import encode_packed
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

ZERO_ADDRESS = "0x" + 40 * "0"
UNLIMITED = 2**256 - 1
CALL, DELEGATECALL = 0, 1

# Permissions of a target as `initialize`, `scopeTarget…` and `includeNode` take them …
CHANNELS_PERMISSIONS = "010103030303030303030303"
ANNOUNCEMENTS_PERMISSIONS = "010003000000000000000000"
NODE_PERMISSIONS = "010303000000000000000000"
# … and as the module stores them.
CHANNELS_STORED_PERMISSIONS = "010103030303030303030000"
TOKEN_STORED_PERMISSIONS = "010003000000000000000303"
NODE_STORED_PERMISSIONS = "010203000000000000000000"

PROXY_INIT_CODE_HASH = bytes.fromhex("76733d705f71b79841c0ee960a0ca880f779cde7ef446c989e6d23efc0a4adfb")
"""keccak256 of the Safe 1.4.1 proxy's creation code and its singleton."""

SAFE_TRANSACTION_FIELDS = (
    ("to", "address"),
    ("value", "uint256"),
    ("data", "bytes"),
    ("operation", "uint8"),
    ("safeTxGas", "uint256"),
    ("baseGas", "uint256"),
    ("gasPrice", "uint256"),
    ("gasToken", "address"),
    ("refundReceiver", "address"),
    ("nonce", "uint256"),
)


def target_word(address: str, permissions: str) -> int:
    """The 32 bytes of a target: its address, then 12 bytes of permissions (hex)."""
    return int(address[2:] + permissions, 16)


def address_of_target(word: int) -> str:
    return to_checksum_address((word >> 96).to_bytes(20, "big"))


def stored_targets(channels: str, token: str, announcements: str, node: str) -> set[int]:
    """The words that the module of a complete identity holds."""
    return {
        target_word(channels, CHANNELS_STORED_PERMISSIONS),
        target_word(token, TOKEN_STORED_PERMISSIONS),
        target_word(announcements, ANNOUNCEMENTS_PERMISSIONS),
        target_word(node, NODE_STORED_PERMISSIONS),
    }


def safe_salt_nonce(network: str, chain_id: int, node: str) -> int:
    """The salt nonce of a node's Safe."""
    values = ["hoprd-pulumi safe v1", network, chain_id, node]
    return int.from_bytes(keccak(encode(["string", "string", "uint256", "address"], values)), "big")


def operator_salt_nonce(chain_id: int) -> int:
    """The salt nonce of a wallet's operator Safe."""
    return int.from_bytes(keccak(encode(["string", "uint256"], ["hoprd-pulumi operator v1", chain_id])), "big")


def create2_address(creator: str, salt: bytes, creation_code_hash: bytes) -> str:
    """The address of a contract that CREATE2 creates (EIP-1014)."""
    return to_checksum_address(keccak(b"\xff" + bytes.fromhex(creator[2:]) + salt + creation_code_hash)[12:])


def safe_proxy_address(factory: str, initializer: bytes, salt_nonce: int) -> str:
    """The address of the Safe that the proxy factory creates with this `setup` call."""
    salt = keccak(keccak(initializer) + salt_nonce.to_bytes(32, "big"))
    return create2_address(factory, salt, PROXY_INIT_CODE_HASH)


def clone_creation_code(implementation: str) -> bytes:
    """Code that creates a minimal clone of a contract (EIP-1167)."""
    return bytes.fromhex("3d602d80600a3d3981f3") + clone_code(implementation)


def clone_code(implementation: str) -> bytes:
    """The code of a minimal clone of a contract (EIP-1167)."""
    return bytes.fromhex("363d3d373d3d3d363d73" + implementation[2:] + "5af43d82803e903d91602b57fd5bf3")


def pack_multi_send(steps: Sequence[tuple[int, str, int, bytes]]) -> bytes:
    """The argument of MultiSend for steps of (operation, address, wei, data)."""
    return b"".join(
        encode_packed(["uint8", "address", "uint256", "uint256", "bytes"], [operation, to, value, len(data), data])
        for operation, to, value, data in steps
    )


def unpack_multi_send(packed: bytes) -> list[tuple[int, str, int, bytes]]:
    """The steps (operation, address, wei, data) in the argument of MultiSend."""
    steps, rest = list[tuple[int, str, int, bytes]](), packed
    while rest:
        length = int.from_bytes(rest[53:85], "big")
        address = to_checksum_address(rest[1:21])
        steps.append((rest[0], address, int.from_bytes(rest[21:53], "big"), rest[85 : 85 + length]))
        rest = rest[85 + length :]
    return steps


def safe_transaction_hash(
    safe: str, chain_id: int, nonce: int, to: str, value_wei: int, data: bytes, operation: int
) -> bytes:
    """The EIP-712 hash of a Safe transaction without gas refund."""
    names = [name for name, _ in SAFE_TRANSACTION_FIELDS]
    values = (to, value_wei, data, operation, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS, nonce)
    types = {"SafeTx": [{"name": name, "type": kind} for name, kind in SAFE_TRANSACTION_FIELDS]}
    domain = {"chainId": chain_id, "verifyingContract": safe}
    return _typed_hash(domain, types, dict(zip(names, values, strict=True)))


def node_binding_hash(registry: str, chain_id: int, safe: str, node: str, nonce: int) -> bytes:
    """The EIP-712 hash with which a node accepts its Safe in the Safe registry."""
    fields = (("safeAddress", "address"), ("nodeChainKeyAddress", "address"), ("nodeSigNonce", "uint256"))
    types = {"NodeSafeNonce": [{"name": name, "type": kind} for name, kind in fields]}
    domain = {"name": "NodeSafeRegistry", "version": "1.0.0", "chainId": chain_id, "verifyingContract": registry}
    return _typed_hash(domain, types, {"safeAddress": safe, "nodeChainKeyAddress": node, "nodeSigNonce": nonce})


def _typed_hash(domain: dict[str, Any], types: dict[str, Any], message: dict[str, Any]) -> bytes:
    signable = encode_typed_data(domain, types, message)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)
