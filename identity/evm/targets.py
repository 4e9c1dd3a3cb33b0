"""Target words of the node-management module: an address in the top 20 bytes, then 12 bytes of permissions.

The module changes a word when it stores it (docs/protocol.md#target-words), so each use has a
submitted word and a stored word.
"""

from collections.abc import Iterable
from functools import lru_cache

from eth_utils.address import to_checksum_address

from config.models.networks import Contracts

_CHANNELS_AND_TOKEN = "010103030303030303030303"  # noqa: S105 - permissions, not a secret
_CHANNELS_STORED = "010103030303030303030000"
_TOKEN_STORED = "010003000000000000000303"  # noqa: S105
_ANNOUNCEMENTS = "010003000000000000000000"
_NODE = "010303000000000000000000"
_NODE_STORED = "010203000000000000000000"


def word(address: str, permissions: str) -> int:
    """Return the target word of an address with 12 bytes (hex) of permissions."""
    return int(address.removeprefix("0x") + permissions, 16)


@lru_cache(maxsize=4096)
def address_of(target: int) -> str:
    """Return the address in a target word."""
    return to_checksum_address((target >> 96).to_bytes(20))


def default_target(contracts: Contracts) -> int:
    """Return the word for channels and token together, for `initialize` and `addChannelsAndTokenTarget`."""
    return word(contracts.channels, _CHANNELS_AND_TOKEN)


def channels_target(contracts: Contracts) -> int:
    """Return the word of the channels contract, as stored."""
    return word(contracts.channels, _CHANNELS_STORED)


def token_target(contracts: Contracts) -> int:
    """Return the word of the token, as stored."""
    return word(contracts.token, _TOKEN_STORED)


def announcements_target(contracts: Contracts) -> int:
    """Return the word of the announcements contract, passed and stored alike."""
    return word(contracts.announcements, _ANNOUNCEMENTS)


def node_target(node: str) -> int:
    """Return the word to pass to `includeNode`."""
    return word(node, _NODE)


def node_target_stored(node: str) -> int:
    """Return the word that `includeNode` stores in the module."""
    return word(node, _NODE_STORED)


def expected(contracts: Contracts, node: str) -> frozenset[int]:
    """Return exactly the words in the module of a usable identity."""
    return frozenset(
        (
            channels_target(contracts),
            token_target(contracts),
            announcements_target(contracts),
            node_target_stored(node),
        )
    )


def by_address(targets: Iterable[int]) -> dict[str, int]:
    """Return the words by address."""
    return {address_of(target): target for target in targets}


def permissions(target: int) -> str:
    """Return the 12 bytes of permissions of a target word, as hex."""
    return (target & ((1 << 96) - 1)).to_bytes(12).hex()
