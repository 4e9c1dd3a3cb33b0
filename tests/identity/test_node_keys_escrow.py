"""`NodeKeys` with an escrow: adopted, written before the state, updated together, and never given other keys."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from identity.errors import AwsError, EscrowFailed, KeyfileError, WrongPassword
from identity.keys import keyfile
from identity.keys.escrow import Entry, entry_at
from identity.keys.pair import NodeKeyPair
from identity.keys_provider import NodeKeysProvider
from testkit import aws as service
from testkit.identity.node_keys import INPUTS, configured

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")


class Killed(BaseException):
    """Simulates a killed process."""


@pytest.fixture(params=["file", "secret"])
def inputs(request: pytest.FixtureRequest, tmp_path: Path, aws: str) -> dict[str, Any]:
    """Return inputs with an empty escrow of each kind."""
    places = {"file": {"file": str(tmp_path / "s" / "core-1.id")}, "secret": {"secret": "hoprd/s/core-1"}}
    return {**INPUTS, "escrow": places[request.param]}


@pytest.fixture
def entry(inputs: dict[str, Any]) -> Entry:
    return entry_at(inputs["escrow"])


def created(provider: NodeKeysProvider, inputs: dict[str, Any]) -> dict[str, Any]:
    outputs = provider.create(inputs).outs
    assert outputs
    return outputs


def updated(provider: NodeKeysProvider, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    outputs = provider.update(olds["native_address"], olds, news).outs
    assert outputs
    return outputs


def changes(provider: NodeKeysProvider, olds: dict[str, Any], news: dict[str, Any]) -> bool | None:
    difference = provider.diff(olds["native_address"], olds, news)
    assert not difference.replaces
    return difference.changes


def text_of(outputs: dict[str, Any]) -> str:
    return base64.b64decode(outputs["identity_file"]).decode()


def keys_of(text: str | None, password: str) -> NodeKeyPair:
    assert text
    keys = keyfile.read(text, password).keys
    assert keys
    return keys


def test_new_keys_are_in_escrow_when_create_returns(inputs: dict[str, Any], entry: Entry) -> None:
    outputs = created(configured("planted"), inputs)
    assert entry.read() == text_of(outputs)
    assert "planted" not in json.dumps(outputs)
    assert outputs["escrow"] == inputs["escrow"]


@pytest.mark.faults
@pytest.mark.parametrize("after_the_write", [False, True])
def test_killed_around_the_escrow_the_next_create_has_one_identity(
    inputs: dict[str, Any], entry: Entry, monkeypatch: pytest.MonkeyPatch, after_the_write: bool
) -> None:
    write = type(entry).write

    def killed(self: Entry, text: str, *, new: bool) -> None:
        if after_the_write:
            write(self, text, new=new)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(entry), "write", killed)
        with pytest.raises(Killed):
            configured("planted").create(inputs)
    held = entry.read()
    assert (held is not None) == after_the_write
    outputs = created(configured("planted"), inputs)
    assert entry.read() == text_of(outputs)
    if held:
        assert text_of(outputs) == held


@pytest.mark.faults
def test_an_escrow_that_loses_a_write_stops_the_creation(
    inputs: dict[str, Any], entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(entry), "write", lambda *_, **__: None)
    with pytest.raises(EscrowFailed, match="does not return the text"):
        configured("planted").create(inputs)


@pytest.mark.faults
def test_a_file_that_cannot_be_decrypted_again_never_becomes_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    other = keyfile.write(NodeKeyPair.generate(), "planted")
    monkeypatch.setattr("identity.keys.keyfile.write", lambda *_: other)
    with pytest.raises(KeyfileError, match="does not hold the expected keys"):
        configured("planted").create(INPUTS)


def test_a_lost_state_gets_the_same_keys_back(
    inputs: dict[str, Any], entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    before = created(configured("planted"), inputs)
    assert created(configured("planted"), inputs) == before
    assert f"uses the keys of node {before['native_address']} from {entry}" in capsys.readouterr().err


def test_keys_adopted_with_the_previous_password_are_encrypted_again_everywhere(
    inputs: dict[str, Any], entry: Entry
) -> None:
    before = created(configured("planted"), inputs)
    outputs = created(configured("new", previous="planted"), inputs)
    assert keys_of(text_of(outputs), "new") == keys_of(text_of(before), "planted")
    assert entry.read() == text_of(outputs)


@pytest.mark.faults
def test_an_escrow_entry_that_no_password_decrypts_is_not_overwritten(inputs: dict[str, Any], entry: Entry) -> None:
    before = created(configured("planted"), inputs)
    with pytest.raises(WrongPassword, match=rf"does not decrypt the identity file in {entry}"):
        configured("wrong").create(inputs)
    assert entry.read() == text_of(before)


@pytest.mark.faults
@pytest.mark.parametrize("damage", ["", "{}", "not json", "x" * 20_000])
def test_a_damaged_escrow_entry_is_reported_with_its_location_and_not_overwritten(
    inputs: dict[str, Any], entry: Entry, damage: str
) -> None:
    if damage == "" and "secret" in inputs["escrow"]:
        damage = " "  # Secrets Manager stores no empty text
    entry.write(damage, new=True)
    with pytest.raises(KeyfileError, match=rf"^{entry}: identity file.*; restore an earlier copy"):
        configured("planted").create(inputs)
    assert entry.read() == damage


def test_an_escrow_added_later_gets_the_same_file(inputs: dict[str, Any], entry: Entry) -> None:
    provider = configured("planted")
    before = created(provider, INPUTS)
    assert changes(provider, before, inputs) is True
    outputs = updated(provider, before, inputs)
    assert outputs == {**before, "escrow": inputs["escrow"]}
    assert entry.read() == text_of(before)
    assert changes(provider, outputs, inputs) is False


def test_a_moved_escrow_has_the_file_in_both_locations(inputs: dict[str, Any], tmp_path: Path) -> None:
    provider = configured("planted")
    before = created(provider, inputs)
    moved = {**inputs, "escrow": {"file": str(tmp_path / "elsewhere" / "core-1.id")}}
    assert changes(provider, before, moved) is True
    outputs = updated(provider, before, moved)
    assert [entry_at(one["escrow"]).read() for one in (inputs, moved)] == [text_of(outputs)] * 2


def test_a_removed_escrow_keeps_its_file_and_leaves_the_state(inputs: dict[str, Any], entry: Entry) -> None:
    provider = configured("planted")
    before = created(provider, inputs)
    assert changes(provider, before, INPUTS) is True
    outputs = updated(provider, before, INPUTS)
    assert "escrow" not in outputs
    assert entry.read() == text_of(before)


def test_a_new_password_applies_to_the_escrow_too_and_keeps_the_keys(inputs: dict[str, Any], entry: Entry) -> None:
    before = created(configured("planted"), inputs)
    provider = configured("new", previous="planted")
    assert changes(provider, before, inputs) is True
    outputs = updated(provider, before, inputs)
    assert entry.read() == text_of(outputs)
    assert keys_of(entry.read(), "new") == keys_of(text_of(before), "planted")
    assert changes(configured("new"), outputs, inputs) is False


@pytest.mark.faults
def test_the_next_run_finishes_a_password_change_that_was_killed_before_the_state_was_saved(
    inputs: dict[str, Any], entry: Entry
) -> None:
    before = created(configured("planted"), inputs)
    provider = configured("new", previous="planted")
    lost = updated(provider, before, inputs)
    outputs = updated(provider, before, inputs)  # as if `lost` had never reached the state
    assert keys_of(text_of(lost), "new") == keys_of(text_of(outputs), "new") == keys_of(entry.read(), "new")
    assert entry.read() == text_of(outputs)


def test_other_keys_in_escrow_are_never_replaced(inputs: dict[str, Any], entry: Entry) -> None:
    provider = configured("planted")
    created(provider, inputs)
    other = created(provider, INPUTS)
    held = entry.read()
    with pytest.raises(EscrowFailed, match=rf"^{entry} holds other keys than the state of core-1"):
        provider.update(other["native_address"], other, inputs)
    assert entry.read() == held


@pytest.mark.parametrize("loss", ["gone", "changed"])
def test_refresh_notices_a_missing_or_changed_entry_and_the_next_up_writes_it(
    inputs: dict[str, Any], entry: Entry, loss: str
) -> None:
    provider = configured("planted")
    before = created(provider, inputs)
    assert provider.read(before["native_address"], before).outs == before
    if loss == "changed":
        entry.write(keyfile.write(keys_of(text_of(before), "planted"), "planted"), new=False)
    elif "file" in inputs["escrow"]:
        Path(inputs["escrow"]["file"]).unlink()
    else:
        service.client("secretsmanager").delete_secret(
            SecretId=inputs["escrow"]["secret"], ForceDeleteWithoutRecovery=True
        )
    seen = provider.read(before["native_address"], before).outs
    assert seen is not None
    assert "escrow" not in seen
    assert changes(provider, seen, inputs) is True
    assert updated(provider, seen, inputs) == before
    assert entry.read() == text_of(before)


def test_deletion_keeps_the_escrow_entry_and_names_it(
    inputs: dict[str, Any], entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = configured("planted")
    before = created(provider, inputs)
    provider.delete(before["native_address"], before)
    assert f"{entry} keeps a copy" in capsys.readouterr().err
    assert entry.read() == text_of(before)


def test_an_unreachable_escrow_stops_before_keys_are_generated(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("identity.secrets.aws._ATTEMPTS", 1)
    monkeypatch.setattr(NodeKeyPair, "generate", lambda: pytest.fail("keys were made"))
    with pytest.raises(AwsError, match=r"escrow\.secretsManager"):
        configured("planted").create({**INPUTS, "escrow": {"secret": "hoprd/s/core-1"}})
