"""Imports in every form, compared with peerId and nativeAddress; and existing keys, which are never replaced."""

import base64
import textwrap
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from identity.errors import KeyfileError, SecretsUnavailable, WrongPassword
from identity.keys import keyfile
from identity.keys.origin import KeyOrigin, keys_in
from identity.keys.pair import NodeKeyPair
from identity.secrets.sources import Secrets

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

DATA = Path(__file__).parent / "data"
FILE = (DATA / "node_1.id").read_text()
PEER_ID = "12D3KooWKSzQgdszZzipRVGSRwBcC3etYwjSmqqTqcySn97EGWTm"
ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
OTHER_PEER_ID = "12D3KooWLWoHJjaS1z9cXn19DE9gPrSbYHkf7CHMbUtLUqbZKDby"
OTHER_ADDRESS = "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
OLD_ADDRESS = "0x826A1bF3d51Fa7F402A1E01d1B2C8A8bAC28E666"
PASSWORD, SEED = "e2e-test", "ab" * 32
ENCODED = base64.b64encode(FILE.encode()).decode()


def origin(source: str = "random", **given: Any) -> KeyOrigin:
    return KeyOrigin("core-1", "core", "rotsee", source, **given)


def secrets(password: str = PASSWORD, previous: str | None = None, seed: str | None = None) -> Secrets:
    return Secrets(
        None, SecretStr(password), SecretStr(previous) if previous else None, None, SecretStr(seed) if seed else None
    )


@pytest.mark.parametrize("text", [FILE, f"\n {FILE}\n", ENCODED, "\n".join(textwrap.wrap(ENCODED, 76)) + "\n"])
def test_an_import_is_json_or_base64_of_it(text: str) -> None:
    keys, remark = origin(imported=text, peer_id=PEER_ID, native_address=ADDRESS).new_keys(secrets())
    assert (keys.peer_id, keys.native_address, remark) == (PEER_ID, ADDRESS, None)


def test_an_import_may_be_encrypted_with_the_previous_password() -> None:
    imported = origin(imported=FILE)
    assert imported.new_keys(secrets("new", previous=PASSWORD))[0].peer_id == PEER_ID
    assert imported.known_address(secrets("new", previous=PASSWORD)) == ADDRESS


def test_an_old_file_keeps_its_address_and_gets_a_new_peer_id_with_a_remark() -> None:
    old = origin(imported=(DATA / "v1.id").read_text(), native_address=OLD_ADDRESS)
    keys, remark = old.new_keys(secrets("local"))
    again, _ = old.new_keys(secrets("local"))
    assert keys.native_address == again.native_address == OLD_ADDRESS == old.known_address(secrets("local"))
    assert keys.peer_id != again.peer_id
    assert remark
    assert f"node {OLD_ADDRESS} keeps its address and gets the new peerId {keys.peer_id}" in remark


def test_an_old_file_with_a_configured_peer_id_is_refused() -> None:
    old = origin(imported=(DATA / "v1.id").read_text(), peer_id=PEER_ID)
    with pytest.raises(KeyfileError, match=r"^pools\.core\.identities\.core-1\.peerId: .*old form.*remove peerId"):
        old.opened(secrets("local"))


@pytest.mark.parametrize(
    ("given", "where", "complaint"),
    [
        (
            {"peer_id": OTHER_PEER_ID},
            "peerId",
            f"differs from {PEER_ID} of the identityFile",
        ),
        (
            {"native_address": OTHER_ADDRESS},
            "nativeAddress",
            f"differs from {ADDRESS} of the identityFile",
        ),
        ({"imported": "no file"}, "identityFile", "neither JSON nor base64"),
        ({"imported": base64.b64encode(b"no file").decode()}, "identityFile", "Invalid JSON"),
    ],
)
def test_an_error_in_an_import_is_one_line_that_names_the_setting(
    given: dict[str, Any], where: str, complaint: str
) -> None:
    with pytest.raises(KeyfileError) as caught:
        origin(**{"imported": FILE, **given}).opened(secrets())
    text = str(caught.value)
    assert text.startswith(f"pools.core.identities.core-1.{where}: ")
    assert complaint in text
    assert "\n" not in text


@pytest.mark.faults
@pytest.mark.parametrize("cut", [1, len(FILE) // 2, len(FILE) - 3])
@pytest.mark.parametrize("encode", [False, True])
def test_a_truncated_import_is_refused(cut: int, encode: bool) -> None:
    text = base64.b64encode(FILE[:cut].encode()).decode() if encode else FILE[:cut]
    with pytest.raises(KeyfileError, match=r"^pools\.core\.identities\.core-1\.identityFile: "):
        origin(imported=text).new_keys(secrets())


@pytest.mark.faults
def test_a_huge_import_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(KeyfileError, match="identityFile: identity file: it has 10000001 bytes"):
        origin(imported="{" + "[" * 10**7).new_keys(secrets())


@pytest.mark.faults
@pytest.mark.parametrize("previous", [None, "also-planted-wrong"])
def test_an_import_that_no_password_decrypts_is_refused_without_showing_one(previous: str | None) -> None:
    with pytest.raises(WrongPassword, match=r"identities\.core-1\.identityFile: neither wallet") as caught:
        origin(imported=FILE).new_keys(secrets("planted-wrong", previous))
    assert "planted" not in f"{caught.value!r}"


def test_an_import_never_replaces_existing_keys() -> None:
    present = NodeKeyPair.generate()
    with pytest.raises(KeyfileError, match=r"identityFile: is for node 0x7D1e.*the state of core-1.*never replaced"):
        origin(imported=FILE).require_same_keys(present, secrets(), "the state of core-1")


def test_an_import_with_the_same_chain_key_and_another_packet_key_is_another_node() -> None:
    keys = keys_in(FILE, secrets(), "a file")
    present = NodeKeyPair(keys.chain_key, NodeKeyPair.generate().packet_key)
    with pytest.raises(KeyfileError, match="never replaced"):
        origin(imported=FILE).require_same_keys(present, secrets(), "the state of core-1")
    origin(imported=FILE).require_same_keys(keys, secrets(), "the state of core-1")


def test_keys_from_an_old_file_still_match_that_file() -> None:
    old = origin(imported=(DATA / "v1.id").read_text())
    keys, _ = old.new_keys(secrets("local"))
    old.require_same_keys(keys, secrets("local"), "the state of core-1")


def test_a_changed_seed_is_refused_for_existing_keys() -> None:
    seeded = origin("seed")
    present, _ = seeded.new_keys(secrets(seed=SEED))
    seeded.require_same_keys(present, secrets(seed=f"0x{SEED.upper()}"), "the state of core-1")
    with pytest.raises(KeyfileError, match=r"^pools\.core\.keySource: wallet\.identitySeed gives") as caught:
        seeded.require_same_keys(present, secrets(seed="cd" * 32), "the state of core-1")
    assert "cdcdcd" not in str(caught.value)


def test_existing_keys_must_match_the_configured_node_without_its_file_too() -> None:
    """The file may be removed once its keys are in the state; peerId and nativeAddress may stay."""
    keys = keys_in(FILE, secrets(), "a file")
    origin(peer_id=PEER_ID, native_address=ADDRESS).require_same_keys(keys, secrets(), "the state of core-1")
    with pytest.raises(
        KeyfileError, match=rf"core-1\.nativeAddress: '{OTHER_ADDRESS}' differs from .* of the state of core"
    ):
        origin(native_address=OTHER_ADDRESS).require_same_keys(keys, secrets(), "the state of core-1")
    with pytest.raises(
        KeyfileError, match=rf"core-1\.peerId: '{OTHER_PEER_ID}' differs from .* of the state of core-1"
    ):
        origin(peer_id=OTHER_PEER_ID).require_same_keys(keys, secrets(), "the state of core-1")


@pytest.mark.parametrize(
    ("key", "given"), [("nativeAddress", {"native_address": ADDRESS}), ("peerId", {"peer_id": PEER_ID})]
)
def test_no_new_keys_are_generated_for_a_configured_node(key: str, given: dict[str, str]) -> None:
    with pytest.raises(KeyfileError, match=rf"core-1\.{key}: the keys of .* are neither in the state nor in an escrow"):
        origin(**given).new_keys(secrets())
    with pytest.raises(KeyfileError, match=rf"core-1\.{key}: .* differs from .* of wallet\.identitySeed"):
        origin("seed", **given).new_keys(secrets(seed=SEED))


def test_the_error_for_a_missing_seed_names_the_command_that_sets_it() -> None:
    with pytest.raises(SecretsUnavailable, match=r"pulumi config set --secret --path wallet\.identitySeed"):
        origin("seed").new_keys(secrets())


def test_a_random_origin_accepts_any_existing_keys_and_predicts_none() -> None:
    origin().require_same_keys(NodeKeyPair.generate(), secrets(), "the state of core-1")
    assert origin().known_address(secrets()) is None
    assert origin().new_keys(secrets())[0] != origin().new_keys(secrets())[0]


def test_the_files_text_is_not_in_a_repr() -> None:
    assert "ciphertext" not in repr(origin(imported=FILE))


def test_the_properties_for_pulumi_are_read_back() -> None:
    for one in (origin("seed"), origin(imported=FILE, peer_id=PEER_ID, native_address=ADDRESS)):
        given = {name: value for name, value in one.properties().items() if value is not None}
        assert KeyOrigin.read(given) == one


def test_the_error_for_an_old_or_damaged_entry_names_its_location() -> None:
    with pytest.raises(KeyfileError, match=r"^escrow file x: the identity file has the old form"):
        keys_in((DATA / "v1.id").read_text(), secrets("local"), "escrow file x")
    with pytest.raises(KeyfileError, match=r"^escrow file x: identity file: Invalid JSON"):
        keys_in(FILE[:50], secrets(), "escrow file x")
    assert keys_in(keyfile.write(NodeKeyPair.generate(), "p"), secrets("p"), "x")
