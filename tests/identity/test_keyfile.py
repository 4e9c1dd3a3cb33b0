"""Identity files: written, read, compared with other implementations, and damaged in every way."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.errors import KeyfileError, WrongPassword
from identity.keys import keyfile
from identity.keys.pair import NodeKeyPair, is_chain_key, is_packet_key

DATA = Path(__file__).parent / "data"
PAIR = NodeKeyPair(chain_key=b"\x11" * 32, packet_key=b"\x22" * 32)
SECRETS = st.binary(min_size=32, max_size=32)
PASSWORDS = st.text(st.characters(codec="utf-8"), max_size=40)


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(keyfile.write(PAIR, "a password"))
    return document


def changed(document: dict[str, Any], path: str, value: object) -> str:
    """Return the document with one value replaced, or removed if `value` is None."""
    copy = json.loads(json.dumps(document))
    *parents, last = path.split(".")
    inner = copy
    for parent in parents:
        inner = inner[parent]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(copy)


@pytest.mark.parametrize(
    ("file", "peer_id", "native_address"),
    [
        (
            "node_1.id",
            "12D3KooWKSzQgdszZzipRVGSRwBcC3etYwjSmqqTqcySn97EGWTm",
            "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69",
        ),
        (
            "node_2.id",
            "12D3KooWLWoHJjaS1z9cXn19DE9gPrSbYHkf7CHMbUtLUqbZKDby",
            "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75",
        ),
    ],
)
def test_files_made_by_hoprd_are_read(file: str, peer_id: str, native_address: str) -> None:
    identity = keyfile.read((DATA / file).read_text(), "e2e-test")
    assert (identity.form, identity.peer_id, identity.native_address) == (2, peer_id, native_address)


def test_the_old_form_contains_only_the_address() -> None:
    identity = keyfile.read((DATA / "v1.id").read_text(), "local")
    assert (identity.form, identity.peer_id) == (1, None)
    assert identity.native_address == "0x826A1bF3d51Fa7F402A1E01d1B2C8A8bAC28E666"


def test_a_file_written_by_us_is_read_by_eth_keyfile(written: dict[str, Any]) -> None:
    plaintext = decode_keyfile_json(written, b"a password")
    assert len(plaintext) == keyfile.PLAINTEXT_BYTES
    assert json.loads(plaintext) == {"chain_key": "11" * 32, "packet_key": "22" * 32, "version": 2}


def test_an_old_file_written_by_eth_keyfile_is_read() -> None:
    document = create_keyfile_json(PAIR.chain_key, b"pw", kdf="scrypt", iterations=2)
    assert keyfile.read(json.dumps(document), "pw").native_address == PAIR.native_address


def test_the_parameters_are_those_that_hoprd_writes(written: dict[str, Any]) -> None:
    reference = json.loads((DATA / "node_1.id").read_text())
    parameters = written["crypto"]["kdfparams"]
    assert {**parameters, "salt": ""} == {**reference["crypto"]["kdfparams"], "salt": ""}
    assert written["crypto"]["cipher"] == reference["crypto"]["cipher"]
    assert written.keys() == reference.keys()


@settings(max_examples=5, deadline=None)
@given(chain_key=SECRETS.filter(is_chain_key), packet_key=SECRETS.filter(is_packet_key), password=PASSWORDS)
def test_any_keys_come_back_with_any_password(chain_key: bytes, packet_key: bytes, password: str) -> None:
    pair = NodeKeyPair(chain_key, packet_key)
    text = keyfile.write(pair, password)
    assert keyfile.read(text, password).keys == pair
    assert chain_key.hex() not in text


@settings(max_examples=5, deadline=None)
@given(PASSWORDS.filter(lambda password: password != "a password"))
def test_no_other_password_decrypts_a_file(written: dict[str, Any], password: str) -> None:
    with pytest.raises(WrongPassword):
        keyfile.read(json.dumps(written), password)


def test_salt_and_iv_are_fresh_each_time(written: dict[str, Any]) -> None:
    again = json.loads(keyfile.write(PAIR, "a password"))
    assert again["crypto"]["kdfparams"]["salt"] != written["crypto"]["kdfparams"]["salt"]
    assert again["crypto"]["cipherparams"] != written["crypto"]["cipherparams"]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_truncated_file_is_an_error_of_one_line(written: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(written)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(KeyfileError) as caught:
        keyfile.read(text[:cut], "a password")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("version", 4, "version"),
        ("crypto.kdf", "pbkdf2", "crypto.kdf"),
        ("crypto.cipher", "aes-256-gcm", "crypto.cipher"),
        ("crypto.mac", None, "crypto.mac"),
        ("crypto.ciphertext", "zz", "crypto.ciphertext"),
        ("crypto.cipherparams.iv", "00", "16 bytes"),
        ("crypto.kdfparams.n", 8191, "not a power of two"),
        ("crypto.kdfparams.n", 0, "crypto.kdfparams.n"),
        ("crypto.kdfparams.n", 2**40, "crypto.kdfparams.n"),
        ("crypto.kdfparams.n", 2**20, "MiB"),
        ("crypto.kdfparams.p", 10**9, "crypto.kdfparams.p"),
        ("crypto.kdfparams.r", 10**9, "crypto.kdfparams.r"),
        ("crypto.kdfparams.dklen", 64, "crypto.kdfparams.dklen"),
    ],
)
def test_an_error_names_the_field(written: dict[str, Any], path: str, value: object, complaint: str) -> None:
    with pytest.raises(KeyfileError, match=complaint):
        keyfile.read(changed(written, path, value), "a password")


def test_a_huge_file_is_not_parsed() -> None:
    with pytest.raises(KeyfileError, match="at most 16384"):
        keyfile.read(b"[" * 10**7, "a password")


def test_a_changed_file_does_not_decrypt(written: dict[str, Any]) -> None:
    ciphertext = written["crypto"]["ciphertext"]
    flipped = f"{int(ciphertext[:2], 16) ^ 1:02x}{ciphertext[2:]}"
    with pytest.raises(WrongPassword):
        keyfile.read(changed(written, "crypto.ciphertext", flipped), "a password")


def test_another_content_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfile, "_decrypted", lambda *_: b'{"planted": "secret"}'.ljust(172))
    with pytest.raises(KeyfileError, match="has no chain_key") as caught:
        keyfile.read((DATA / "node_1.id").read_text(), "e2e-test")
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(("plaintext", "complaint"), [(b"x" * 100, "100 bytes"), (bytes(32), "not a secp256k1 secret")])
def test_content_of_another_length_or_no_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, plaintext: bytes, complaint: str
) -> None:
    monkeypatch.setattr(keyfile, "_decrypted", lambda *_: plaintext)
    with pytest.raises(KeyfileError, match=complaint):
        keyfile.read((DATA / "node_1.id").read_text(), "e2e-test")
