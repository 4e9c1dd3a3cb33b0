"""The addresses of an identity's Safe and module. CREATE2 makes them known before the first transaction.

The derivation (version 1) never changes:

    saltNonce   = keccak256(abi.encode("hoprd-pulumi safe v1",   network name, chain id, node address))
    module salt = keccak256(abi.encode("hoprd-pulumi module v1", network name, chain id, node address))
    Safe        = CREATE2(Safe proxy factory, keccak256(keccak256(setup data) ‖ saltNonce), proxy code ‖ singleton)
    module      = CREATE2(Safe, module salt, EIP-1167 clone of the network's module implementation)

The setup data names the deployer (the wallet that creates the Safe) as the only owner: whoever sends the transaction,
the Safe belongs to the deployer (docs/protocol.md#safe-derivation). The operator Safe of a wallet uses saltNonce
keccak256(abi.encode("hoprd-pulumi operator v1", chain id)).
"""

from functools import cache

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from identity.evm.contracts import FALLBACK_HANDLER, SAFE, SAFE_PROXY_FACTORY, ZERO_ADDRESS

PROXY_CREATION_CODE_HASH = bytes.fromhex("1856e0ee08399d74e0ea0b03adca210aeade6f748969ac023cdcb4dd62dcaf5f")
"""keccak256 of `proxyCreationCode()` of the Safe 1.4.1 proxy factory."""
_PROXY_INIT_CODE_HASH = bytes.fromhex("76733d705f71b79841c0ee960a0ca880f779cde7ef446c989e6d23efc0a4adfb")
"""keccak256 of that code followed by the singleton's address, padded to 32 bytes."""


def create2(deployer: str, salt: bytes, init_code_hash: bytes) -> str:
    """Return the checksummed address of a contract created by CREATE2 (EIP-1014)."""
    return to_checksum_address(keccak(b"\xff" + _raw(deployer) + salt + init_code_hash)[12:])


def safe_setup(deployer: str) -> bytes:
    """Return the Safe's `setup` call: the deployer as only owner, threshold 1, default fallback handler, no payment."""
    return SAFE.encode("setup", [deployer], 1, ZERO_ADDRESS, b"", FALLBACK_HANDLER, ZERO_ADDRESS, 0, ZERO_ADDRESS)


def safe_salt_nonce(network: str, chain_id: int, node: str) -> int:
    """Return the saltNonce of the Safe of this node."""
    return int.from_bytes(_derive("safe", network, chain_id, node))


def operator_salt_nonce(chain_id: int) -> int:
    """Return the saltNonce of a wallet's operator Safe, which pays wxHOPR to many Safes at once."""
    return int.from_bytes(keccak(encode(["string", "uint256"], ["hoprd-pulumi operator v1", chain_id])))


def module_salt(network: str, chain_id: int, node: str) -> bytes:
    """Return the CREATE2 salt of the module of this node."""
    return _derive("module", network, chain_id, node)


def module_init_code(implementation: str) -> bytes:
    """Return the init code of a minimal clone of `implementation` (EIP-1167)."""
    return (
        bytes.fromhex("3d602d80600a3d3981f3363d3d373d3d3d363d73")
        + _raw(implementation)
        + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    )


@cache
def safe_address(deployer: str, network: str, chain_id: int, node: str) -> str:
    """Return the address of the Safe that `deployer` creates for this node."""
    return _proxy_address(deployer, safe_salt_nonce(network, chain_id, node))


@cache
def operator_address(deployer: str, chain_id: int) -> str:
    """Return the address of the operator Safe of a wallet."""
    return _proxy_address(deployer, operator_salt_nonce(chain_id))


@cache
def module_address(safe: str, implementation: str, network: str, chain_id: int, node: str) -> str:
    """Return the address of the module that this Safe creates for its node."""
    return create2(safe, module_salt(network, chain_id, node), keccak(module_init_code(implementation)))


def _proxy_address(deployer: str, salt_nonce: int) -> str:
    salt = keccak(keccak(safe_setup(deployer)) + salt_nonce.to_bytes(32))
    return create2(SAFE_PROXY_FACTORY, salt, _PROXY_INIT_CODE_HASH)


def _derive(kind: str, network: str, chain_id: int, node: str) -> bytes:
    return keccak(
        encode(
            ["string", "string", "uint256", "address"],
            [f"hoprd-pulumi {kind} v1", network, chain_id, node],
        )
    )


def _raw(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))
