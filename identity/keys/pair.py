"""The two keys of a node: a secp256k1 chain key (its Ethereum address) and an ed25519 packet key (its peerId)."""

import secrets
from dataclasses import dataclass, field
from typing import Self

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_keys.constants import SECPK1_N

from config.key_address import address_of_key
from config.logs import conceal

KEY_BYTES = 32
_PEER_ID_PREFIX = bytes.fromhex("002408011220")  # multihash "identity", 36 bytes; protobuf: ed25519, 32 bytes
_REFUSED_FIRST_BYTE = 0xFF  # hoprd refuses it (docs/protocol.md#the-identity-file)


@dataclass(frozen=True)
class NodeKeyPair:
    """Both secrets of one node, 32 bytes each; its repr contains neither.

    Raises ValueError for a chain key outside the curve's order and for a packet key that hoprd refuses.
    """

    chain_key: bytes = field(repr=False)
    packet_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.chain_key) != KEY_BYTES or len(self.packet_key) != KEY_BYTES:
            raise ValueError(f"a chain key and a packet key have {KEY_BYTES} bytes each")
        if not is_chain_key(self.chain_key):
            raise ValueError("the chain key is not a secp256k1 secret: it is zero or too large")
        if not is_packet_key(self.packet_key):
            raise ValueError("hoprd refuses packet keys whose public key starts with 0xff")
        conceal(self.chain_key.hex(), self.packet_key.hex())

    @classmethod
    def generate(cls) -> Self:
        """Generate random keys; draw again until hoprd accepts them."""
        while not is_chain_key(chain_key := secrets.token_bytes(KEY_BYTES)):
            pass
        while not is_packet_key(packet_key := secrets.token_bytes(KEY_BYTES)):
            pass
        return cls(chain_key, packet_key)

    @property
    def native_address(self) -> str:
        """The node's Ethereum address, EIP-55 checksummed."""
        return address_of_key(self.chain_key)

    @property
    def peer_id(self) -> str:
        """The node's libp2p id, `12D3KooW…`."""
        return base58.b58encode(_PEER_ID_PREFIX + _packet_public_key(self.packet_key)).decode()


def is_chain_key(secret: bytes) -> bool:
    """Return whether 32 bytes are a secp256k1 secret."""
    return 0 < int.from_bytes(secret) < SECPK1_N


def is_packet_key(seed: bytes) -> bool:
    """Return whether hoprd accepts this ed25519 seed."""
    return _packet_public_key(seed)[0] != _REFUSED_FIRST_BYTE


def _packet_public_key(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
