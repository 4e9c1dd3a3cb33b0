"""Identity files at the edges: sizes, cost of key derivation, content of every length, each field that is written."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from eth_keyfile.keyfile import decode_keyfile_json

from identity.errors import KeyfileError, WrongPassword
from identity.keys import keyfile
from identity.keys.keyfile import IdentityFile
from identity.keys.pair import NodeKeyPair

PAIR = NodeKeyPair(chain_key=b"\x11" * 32, packet_key=b"\x22" * 32)
PASSWORD = "a password"
PLAINTEXT = json.dumps({"chain_key": "11" * 32, "packet_key": "22" * 32, "version": 2}, separators=(",", ":")).encode()
NATIVE_ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


@pytest.fixture(scope="module")
def text() -> str:
    return keyfile.write(PAIR, PASSWORD)


@pytest.fixture
def decrypted(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Let a file decrypt to `decrypted["plaintext"]`, without the costly key derivation."""
    content = {"plaintext": PLAINTEXT}
    monkeypatch.setattr(keyfile, "_decrypted", lambda *_: content["plaintext"])
    return content


def with_kdf(text: str, **parameters: object) -> str:
    document = json.loads(text)
    document["crypto"]["kdfparams"].update(parameters)
    return json.dumps(document)


# what is written


def test_a_written_file_is_web3_secret_storage_with_the_parameters_of_hoprd(text: str) -> None:
    document: dict[str, Any] = json.loads(text)
    crypto = document["crypto"]
    assert document.keys() == {"crypto", "id", "version"}
    assert document["version"] == 3
    assert uuid.UUID(document["id"]).version == 4
    assert crypto.keys() == {"cipher", "cipherparams", "ciphertext", "kdf", "kdfparams", "mac"}
    assert (crypto["cipher"], crypto["kdf"]) == ("aes-128-ctr", "scrypt")
    assert crypto["cipherparams"].keys() == {"iv"}
    assert len(bytes.fromhex(crypto["cipherparams"]["iv"])) == 16
    assert {**crypto["kdfparams"], "salt": ""} == {"dklen": 32, "n": 8192, "p": 1, "r": 8, "salt": ""}
    assert len(bytes.fromhex(crypto["kdfparams"]["salt"])) == 32
    assert len(bytes.fromhex(crypto["mac"])) == 32
    assert " " not in text


def test_the_encrypted_content_is_exactly_what_hoprd_reads(text: str) -> None:
    assert decode_keyfile_json(json.loads(text), PASSWORD.encode()) == PLAINTEXT
    assert len(PLAINTEXT) == 172


# what is read


def test_both_keys_are_read_from_form_2(text: str) -> None:
    assert keyfile.read(text, PASSWORD) == IdentityFile(
        form=2, native_address=NATIVE_ADDRESS, chain_key=PAIR.chain_key, keys=PAIR
    )
    assert keyfile.read(text.encode(), PASSWORD).peer_id == PAIR.peer_id


def test_the_chain_key_alone_is_read_from_form_1(text: str, decrypted: dict[str, bytes]) -> None:
    decrypted["plaintext"] = PAIR.chain_key
    identity = keyfile.read(text, PASSWORD)
    assert identity == IdentityFile(form=1, native_address=NATIVE_ADDRESS, chain_key=PAIR.chain_key, keys=None)
    assert identity.peer_id is None


@pytest.mark.parametrize("length", [0, 31, 33, 171, 173])
def test_content_of_any_other_length_is_refused(text: str, decrypted: dict[str, bytes], length: int) -> None:
    decrypted["plaintext"] = PLAINTEXT[:length].ljust(length)
    with pytest.raises(KeyfileError, match=rf"\b{length} bytes\b.*\b172\b.*\b32\b"):
        keyfile.read(text, PASSWORD)


@pytest.mark.parametrize("key", ["chain_key", "packet_key"])
def test_content_with_a_key_that_is_not_hex_is_refused(text: str, decrypted: dict[str, bytes], key: str) -> None:
    content = json.loads(PLAINTEXT)
    content[key] = "z" + content[key][1:]
    decrypted["plaintext"] = json.dumps(content, separators=(",", ":")).encode()
    with pytest.raises(KeyfileError, match="no chain_key and packet_key"):
        keyfile.read(text, PASSWORD)


def test_a_key_of_zero_is_refused_with_the_reason(text: str, decrypted: dict[str, bytes]) -> None:
    decrypted["plaintext"] = PLAINTEXT.replace(b"11" * 32, b"00" * 32)
    with pytest.raises(KeyfileError, match=r"^identity file: .*chain key.*secp256k1"):
        keyfile.read(text, PASSWORD)


def test_the_first_password_that_opens_the_file_is_used(text: str) -> None:
    assert keyfile.read_with_any(text, ["wrong", PASSWORD, "wrong too"]).keys == PAIR
    with pytest.raises(WrongPassword, match="none of the passwords"):
        keyfile.read_with_any(text, ["wrong", "wrong too"])
    with pytest.raises(WrongPassword, match="none of the passwords"):
        keyfile.read_with_any(text, [])


# bounds


def test_a_file_of_the_greatest_size_is_read_and_one_byte_more_is_not(text: str, decrypted: dict[str, bytes]) -> None:
    assert keyfile.read(text.ljust(16_384), PASSWORD).keys == PAIR
    with pytest.raises(KeyfileError, match=r"\b16385 bytes\b.*\b16384\b"):
        keyfile.read(text.ljust(16_385), PASSWORD)


@pytest.mark.parametrize(
    ("n", "r", "p"), [(2**18, 8, 1), (2**17, 16, 1), (2**17, 8, 2), (2**20, 2, 1), (2**15, 64, 1), (2**14, 8, 16)]
)
def test_key_derivation_may_cost_256_mib(text: str, decrypted: dict[str, bytes], n: int, r: int, p: int) -> None:
    assert keyfile.read(with_kdf(text, n=n, r=r, p=p), PASSWORD).keys == PAIR


@pytest.mark.parametrize(
    ("n", "r", "p", "mib"), [(2**18, 9, 1, 288), (2**18, 8, 2, 512), (2**19, 8, 1, 512), (2**15, 64, 2, 512)]
)
def test_costlier_key_derivation_is_refused_with_its_cost(
    text: str, decrypted: dict[str, bytes], n: int, r: int, p: int, mib: int
) -> None:
    with pytest.raises(KeyfileError, match=rf"n {n}, r {r}, p {p} needs {mib} MiB.*\b256 MiB"):
        keyfile.read(with_kdf(text, n=n, r=r, p=p), PASSWORD)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("n", 2**21), ("n", 0), ("r", 65), ("r", 0), ("p", 17), ("p", 0), ("dklen", 31), ("dklen", 33)],
)
def test_a_parameter_outside_its_bounds_is_named(
    text: str, decrypted: dict[str, bytes], parameter: str, value: int
) -> None:
    with pytest.raises(KeyfileError, match=rf"^identity file, crypto\.kdfparams\.{parameter}: "):
        keyfile.read(with_kdf(text, **{parameter: value}), PASSWORD)


@pytest.mark.parametrize(("n", "accepted"), [(1, True), (2, True), (3, False), (6, False), (8192, True), (8193, False)])
def test_n_must_be_a_power_of_two(text: str, decrypted: dict[str, bytes], n: int, accepted: bool) -> None:
    if accepted:
        assert keyfile.read(with_kdf(text, n=n), PASSWORD).keys == PAIR
    else:
        with pytest.raises(KeyfileError, match=rf"^identity file, crypto\.kdfparams\.n: {n} is not a power of two"):
            keyfile.read(with_kdf(text, n=n), PASSWORD)


@pytest.mark.parametrize(("n", "r", "p"), [(1, 8, 1), (2, 1, 1), (2, 64, 16), (2**16, 1, 1), (2**10, 8, 3)])
def test_an_uncommon_key_derivation_is_possible(text: str, n: int, r: int, p: int) -> None:
    with pytest.raises(WrongPassword) as caught:
        keyfile.read(with_kdf(text, n=n, r=r, p=p), PASSWORD)
    assert caught.value.hint == ""


@pytest.mark.parametrize("iv_bytes", [15, 17])
def test_the_iv_has_16_bytes(text: str, decrypted: dict[str, bytes], iv_bytes: int) -> None:
    document = json.loads(text)
    document["crypto"]["cipherparams"]["iv"] = "00" * iv_bytes
    with pytest.raises(KeyfileError, match=r"cipherparams\.iv: must have 16 bytes"):
        keyfile.read(json.dumps(document), PASSWORD)


def test_the_first_of_several_errors_is_named(text: str) -> None:
    document = {**json.loads(with_kdf(text, n=0, p=0)), "version": 4}
    with pytest.raises(KeyfileError, match=r"^identity file, version: "):
        keyfile.read(json.dumps(document), PASSWORD)


def test_text_that_is_not_json_is_refused_without_a_path() -> None:
    with pytest.raises(KeyfileError, match=r"^identity file: Invalid JSON"):
        keyfile.read("{", PASSWORD)


def test_unreadable_files_do_not_chain_the_error_that_shows_their_content(text: str) -> None:
    for unreadable in ("{", with_kdf(text, n=0)):
        with pytest.raises(KeyfileError) as caught:
            keyfile.read(unreadable, PASSWORD)
        assert caught.value.__suppress_context__
    with pytest.raises(WrongPassword) as wrong:
        keyfile.read(text, "wrong")
    assert wrong.value.__context__ is None


def test_a_file_of_hoprd_opens_with_its_password_alone() -> None:
    file = (Path(__file__).parent / "data" / "node_1.id").read_text()
    assert keyfile.read_with_any(file, ["e2e-test"]).form == 2
    with pytest.raises(WrongPassword, match="does not decrypt"):
        keyfile.read(file, "e2e-test ")
