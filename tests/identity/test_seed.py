"""Keys from a seed: the published vectors, and inputs that must give different keys."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.keys import seed
from identity.keys.pair import NodeKeyPair, is_chain_key, is_packet_key

DOCUMENT = Path(__file__).parents[2] / "docs" / "key-derivation.md"
SEED = bytes(range(32))
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)


def published() -> list[list[str]]:
    """Return the rows of the document's table of vectors: seed, network, pool, identity, keys, addresses."""
    rows = [
        line.strip("|").split("|") for line in DOCUMENT.read_text().splitlines() if re.match(r"\| `[0-9a-f]{64}`", line)
    ]
    return [[cell.strip(" `") for cell in row] for row in rows]


def test_there_are_vectors_for_refused_draws_too() -> None:
    assert len(published()) >= 4


@pytest.mark.parametrize("row", published(), ids=lambda row: "/".join(row[1:4]))
def test_the_published_vectors_are_what_is_derived(row: list[str]) -> None:
    hex_seed, network, pool, identity, chain_key, packet_key, native_address, peer_id = row
    keys = seed.derive(bytes.fromhex(hex_seed), network, pool, identity)
    assert [keys.chain_key.hex(), keys.packet_key.hex(), keys.native_address, keys.peer_id] == [
        chain_key,
        packet_key,
        native_address,
        peer_id,
    ]


def by_the_document(secret: bytes, *fields: str) -> bytes:
    """Compute HKDF as the document specifies it, from HMAC."""
    import hmac

    info = b"".join(len(field.encode()).to_bytes(2, "big") + field.encode() for field in fields)
    key = hmac.digest(b"hoprd-pulumi identity keys v1", secret, "sha256")
    assert HKDFExpand(SHA256(), 32, info).derive(key) == hmac.digest(key, info + b"\x01", "sha256")
    return hmac.digest(key, info + b"\x01", "sha256")


def test_a_packet_key_that_hoprd_refuses_is_followed_by_the_next_draw() -> None:
    """The first packet key of this identity, found by search, has a public key that starts with 0xff."""
    names = ("rotsee", "core", "core-104")
    first, second = (by_the_document(SEED, *names, "packet key", counter) for counter in ("0", "1"))
    assert not is_packet_key(first)
    assert seed.derive(SEED, *names).packet_key == second


def test_a_chain_key_outside_of_the_curve_is_followed_by_the_next_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("rotsee", "core", "core-1")
    first, second = (by_the_document(SEED, *names, "chain key", counter) for counter in ("0", "1"))
    monkeypatch.setattr(seed, "is_chain_key", lambda key: key != first)
    assert seed.derive(SEED, *names).chain_key == second


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=32, max_size=32), NAMES, NAMES, NAMES)
def test_hoprd_accepts_every_derived_pair(secret: bytes, network: str, pool: str, identity: str) -> None:
    keys = seed.derive(secret, network, pool, identity)
    assert isinstance(keys, NodeKeyPair)
    assert is_chain_key(keys.chain_key)
    assert keys == seed.derive(secret, network, pool, identity)
    assert keys.chain_key != keys.packet_key


@pytest.mark.parametrize(
    "change",
    [
        lambda s, n, p, i: (bytes(32), n, p, i),
        lambda s, n, p, i: (s, "dufour", p, i),
        lambda s, n, p, i: (s, n, "edge", i),
        lambda s, n, p, i: (s, n, p, "core-2"),
        lambda s, n, p, i: (s, "rotseec", "ore", i),  # the same letters in other fields
    ],
)
def test_another_seed_network_pool_or_name_gives_unrelated_keys(
    change: Callable[..., tuple[bytes, str, str, str]],
) -> None:
    before, after = (SEED, "rotsee", "core", "core-1"), change(SEED, "rotsee", "core", "core-1")
    one, other = seed.derive(*before), seed.derive(*after)
    assert {one.chain_key, one.packet_key}.isdisjoint({other.chain_key, other.packet_key})
