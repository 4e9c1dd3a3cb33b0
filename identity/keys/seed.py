"""Derives keys from one seed: the same seed always gives the same identities (docs/key-derivation.md).

Version 1: HKDF-SHA256 (RFC 5869) with the 32 bytes of the seed as key material, the salt below, and as info the fields
network, pool, identity, purpose and counter, each as text after its length in bytes (two bytes, big-endian). 32 bytes
come out. The counter starts at 0 and is incremented while a draw is not a valid key (a chain key outside of the curve's
order, a packet key that hoprd refuses).
"""

import itertools
from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from identity.keys.pair import KEY_BYTES, NodeKeyPair, is_chain_key, is_packet_key

_SALT = b"hoprd-pulumi identity keys v1"


def derive(seed: bytes, network: str, pool: str, identity: str) -> NodeKeyPair:
    """Return the keys of an identity, derived from the seed's 32 bytes and the names in the configuration."""

    def draw(purpose: str, accepts: Callable[[bytes], bool]) -> bytes:
        draws = (_expand(seed, network, pool, identity, purpose, str(counter)) for counter in itertools.count())
        return next(key for key in draws if accepts(key))

    return NodeKeyPair(chain_key=draw("chain key", is_chain_key), packet_key=draw("packet key", is_packet_key))


def _expand(seed: bytes, *fields: str) -> bytes:
    texts = [field.encode() for field in fields]
    info = b"".join(len(text).to_bytes(2) + text for text in texts)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=_SALT, info=info).derive(seed)
