"""`NodeKeys` with configured keys, from a seed or an import, compared with state and escrow."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from identity.errors import EscrowFailed, KeyfileError, SecretsUnavailable
from identity.keys import keyfile
from identity.keys.pair import NodeKeyPair
from testkit.identity.node_keys import INPUTS, configured

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

DATA = Path(__file__).parent / "data"
FILE = (DATA / "node_1.id").read_text()
IMPORTED = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
SEED = "5e" * 32
SEEDED = {**INPUTS, "source": "seed"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "escrow" / "rotsee").mkdir(parents=True)
    return tmp_path / "escrow" / "rotsee" / "core-1.id"


def escrowed(inputs: dict[str, Any], file: Path) -> dict[str, Any]:
    return {**inputs, "escrow": {"file": str(file)}}


def made(password: str, inputs: dict[str, Any], **wallet: str) -> dict[str, Any]:
    outputs = configured(password, **wallet).create(inputs).outs
    assert outputs
    return outputs


def test_an_import_is_encrypted_with_the_current_password_in_state_and_escrow(file: Path) -> None:
    outputs = made("new", escrowed({**INPUTS, "imported": FILE}, file), previous="e2e-test")
    kept = base64.b64decode(outputs["identity_file"]).decode()
    assert keyfile.read(kept, "new").keys == keyfile.read(FILE, "e2e-test").keys
    assert file.read_text() == kept
    assert json.loads(FILE)["crypto"]["ciphertext"] not in json.dumps(outputs)


def test_after_a_change_of_password_the_import_is_removed_and_the_settings_of_its_node_stay() -> None:
    """An import that no password decrypts any more stops every run, and a trusted Safe needs its node's address."""
    named = {**INPUTS, "native_address": IMPORTED}
    imported = {**named, "imported": FILE}
    rotated = configured("new", previous="e2e-test").update(IMPORTED, made("e2e-test", imported), imported).outs
    assert rotated
    (failure,) = configured("new").check(imported, imported).failures
    assert "remove it if its keys are already in the state" in failure.reason
    assert configured("new").check(imported, named).failures == []
    assert configured("new").diff(IMPORTED, rotated, named).changes is False


def test_an_old_file_gets_one_packet_key_although_the_run_was_interrupted(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the escrow each attempt would generate another packet key, and the node would get another peerId."""
    inputs = escrowed({**INPUTS, "imported": (DATA / "v1.id").read_text()}, file)
    lost = made("local", inputs)
    assert f"gets the new peerId {lost['peer_id']}" in capsys.readouterr().err
    assert made("local", inputs) == lost


@pytest.mark.parametrize(
    ("configuration", "names"),
    [
        ({"source": "seed"}, r"^pools\.core\.keySource: wallet\.identitySeed gives core-1"),
        ({"imported": FILE}, rf"^pools\.core\.identities\.core-1\.identityFile: is for node {IMPORTED}"),
    ],
)
def test_configured_keys_do_not_replace_keys_in_escrow(file: Path, configuration: dict[str, str], names: str) -> None:
    file.write_text(before := keyfile.write(NodeKeyPair.generate(), "e2e-test"))
    with pytest.raises(
        KeyfileError, match=rf"{names}.*escrow file {file} has the keys of node.*never replaced"
    ) as reported:
        configured("e2e-test", seed=SEED).create(escrowed({**INPUTS, **configuration}, file))
    assert file.read_text() == before
    assert "e2e-test" not in str(reported.value)
    assert SEED not in str(reported.value)


def test_another_seed_is_refused_and_the_keys_of_the_state_stay() -> None:
    outputs = made("planted", SEEDED, seed=SEED)
    other = configured("planted", seed="6f" * 32)
    for step in (other.diff, other.update):
        with pytest.raises(KeyfileError, match=r"^pools\.core\.keySource: .*the state of core-1 has.*never replaced"):
            step(outputs["native_address"], outputs, SEEDED)
    assert configured("planted", seed=SEED).diff(outputs["native_address"], outputs, SEEDED).changes is False


def test_a_pool_without_its_seed_is_refused_until_its_keys_are_random() -> None:
    outputs = made("planted", SEEDED, seed=SEED)
    with pytest.raises(SecretsUnavailable, match=r"wallet\.identitySeed: is missing"):
        configured("planted").diff(outputs["native_address"], outputs, SEEDED)
    assert configured("planted").diff(outputs["native_address"], outputs, INPUTS).changes is False


def test_a_refresh_without_the_escrows_directory_is_an_error_and_no_loss(file: Path) -> None:
    outputs = made("planted", escrowed(INPUTS, file))
    file.parent.parent.rename(file.parent.parent.with_name("unmounted"))
    with pytest.raises(EscrowFailed, match="mount it"):
        configured("planted").read(outputs["native_address"], outputs)


def test_state_escrow_and_output_contain_no_secret_in_plain_text(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, provider = escrowed(SEEDED, file), configured("planted", seed=SEED)
    outputs = made("planted", inputs, seed=SEED)
    assert made("planted", inputs, seed=SEED) == outputs
    provider.delete(outputs["native_address"], outputs)
    keys = keyfile.read(file.read_text(), "planted").keys
    assert keys
    said = capsys.readouterr()
    shown = f"{outputs}{base64.b64decode(outputs['identity_file']).decode()}{file.read_text()}{said}{keys!r}"
    for secret in ("planted", SEED, keys.chain_key.hex(), keys.packet_key.hex()):
        assert secret not in shown
