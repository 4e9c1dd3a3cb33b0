"""Target words of the node-management module: an address in the top 20 bytes, then 12 bytes of permissions.

The module rewrites a word when it stores it (docs/protocol.md#target-words), so each use has a
submitted word and a stored word.
"""

from collections.abc import Iterable

from eth_utils.address import to_checksum_address

from config.models.networks import Contracts

_CHANNELS_AND_TOKEN = "010103030303030303030303"  # noqa: S105 - permissions of a token, not one to keep secret
_CHANNELS_STORED = "010103030303030303030000"
_TOKEN_STORED = "010003000000000000000303"  # noqa: S105
_ANNOUNCEMENTS = "010003000000000000000000"
_NODE = "010303000000000000000000"
_NODE_STORED = "010203000000000000000000"


def word(address: str, permissions: str) -> int:
    """The target word of an address with these 12 bytes (hex) of permissions."""
    return int(address.removeprefix("0x") + permissions, 16)


def address_of(target: int) -> str:
    """The address that a target word is about."""
    return to_checksum_address((target >> 96).to_bytes(20))


def default_target(contracts: Contracts) -> int:
    """The word that opens channels and token at once, for `initialize` and `addChannelsAndTokenTarget`."""
    return word(contracts.channels, _CHANNELS_AND_TOKEN)


def channels_target(contracts: Contracts) -> int:
    """The word of the channels contract alone, as stored."""
    return word(contracts.channels, _CHANNELS_STORED)


def token_target(contracts: Contracts) -> int:
    """The word of the token alone, as stored."""
    return word(contracts.token, _TOKEN_STORED)


def announcements_target(contracts: Contracts) -> int:
    """The word of the announcements contract, given and stored alike."""
    return word(contracts.announcements, _ANNOUNCEMENTS)


def node_target(node: str) -> int:
    """The word to give to `includeNode`."""
    return word(node, _NODE)


def node_target_stored(node: str) -> int:
    """The word that `includeNode` leaves in the module."""
    return word(node, _NODE_STORED)


def expected(contracts: Contracts, node: str) -> frozenset[int]:
    """Exactly the words that the module of a usable identity holds."""
    return frozenset(
        (
            channels_target(contracts),
            token_target(contracts),
            announcements_target(contracts),
            node_target_stored(node),
        )
    )


def by_address(targets: Iterable[int]) -> dict[str, int]:
    """The words, keyed by the address each is about."""
    return {address_of(target): target for target in targets}


def permissions(target: int) -> str:
    """The 12 bytes of permissions of a target word, hex."""
    return (target & ((1 << 96) - 1)).to_bytes(12).hex()
