"""Keys: hoprd's vectors (docs/protocol.md#identity-file-vectors), and which keys it refuses."""

import secrets

import pytest

from identity.keys.pair import NodeKeyPair, is_chain_key, is_packet_key

SECRET = bytes.fromhex(
    "56b29cefcdf576eea306ba2fd5f32e651c09e0abbc018c47bdc6ef44f6b7506f"  # pragma: allowlist secret
    "1050f95137770478f50b456267f761f1b8b341a13da68bc32e5c96984fcd52ae"  # pragma: allowlist secret
)
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_peer_id_and_native_address_are_those_of_hoprd() -> None:
    pair = NodeKeyPair(chain_key=SECRET[32:], packet_key=SECRET[:32])
    assert pair.peer_id == "12D3KooWAHKSyXp3QJYqd6Zb23C2mDcHBp6NhUpeub6hPSsFfsYf"
    assert pair.native_address == "0x05801834Fd089aFe070dAB49B2111B92A4725893"


def refused_seed() -> bytes:
    """Return the first seed in counting order whose public key starts with 0xff."""
    return next(seed for number in range(1, 5000) if not is_packet_key(seed := number.to_bytes(32)))


def test_a_packet_key_that_hoprd_refuses_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([SECRET[32:], refused_seed(), SECRET[:32]])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: next(draws))
    assert NodeKeyPair.generate().packet_key == SECRET[:32]


def test_a_chain_key_outside_the_curve_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([bytes(32), CURVE_ORDER.to_bytes(32), SECRET[32:], SECRET[:32]])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: next(draws))
    assert NodeKeyPair.generate().chain_key == SECRET[32:]


def test_a_key_pair_that_hoprd_refuses_cannot_be_constructed() -> None:
    with pytest.raises(ValueError, match="0xff"):
        NodeKeyPair(SECRET[32:], refused_seed())
    with pytest.raises(ValueError, match="zero or too large"):
        NodeKeyPair(bytes(32), SECRET[:32])
    with pytest.raises(ValueError, match="32 bytes"):
        NodeKeyPair(SECRET[32:], SECRET)


def test_the_last_secret_of_the_curve_is_a_chain_key() -> None:
    assert is_chain_key((CURVE_ORDER - 1).to_bytes(32))
    assert not is_chain_key(CURVE_ORDER.to_bytes(32))


def test_two_generated_pairs_differ() -> None:
    assert NodeKeyPair.generate() != NodeKeyPair.generate()


def test_the_repr_shows_no_secret() -> None:
    pair = NodeKeyPair(chain_key=SECRET[32:], packet_key=SECRET[:32])
    assert SECRET[32:].hex() not in repr(pair)
    assert repr(SECRET[32:]) not in repr(pair)
