"""The state is lost: what `NodeKeys` restores, for each place of a copy and each password, before anything is sent."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from config.errors import HoprdError
from identity.errors import KeyfileError, SecretsUnavailable, WrongPassword
from identity.keys import copies, keyfile, seed
from identity.keys.copies import Copy, existing_keys
from identity.keys.escrow import entry_at
from identity.keys.pair import NodeKeyPair
from identity.secrets.sources import Secrets
from testkit.identity.node_keys import INPUTS, configured

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

PASSWORD = "planted password"  # pragma: allowlist secret
OTHER = "another text of this kind"
SEED = "ab" * 32
KEYS = NodeKeyPair.generate()
LOCATION = {"namespace": "hoprd", "secret": "core-identities"}  # pragma: allowlist secret
IN_SECRET, IN_OBJECT = "Secret 'core-identities' of namespace 'hoprd'", "IdentityHoprd 'core-1' of namespace 'hoprd'"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def cluster_with(patch: pytest.MonkeyPatch, files: Mapping[str, str]) -> None:
    """Let the cluster have these texts of core-1 by location, and a file of another identity."""
    entries = [("core-1", where, encoded(text)) for where, text in files.items()]
    other = ("core-2", IN_SECRET, encoded(keyfile.write(NodeKeyPair.generate(), PASSWORD)))
    patch.setattr(copies, "read_identity_files", lambda *_: [other, *entries])


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    return {**INPUTS, "escrow": {"file": str(tmp_path / "s" / "core-1.id")}, "cluster": LOCATION}


def keep(inputs: Mapping[str, Any], text: str) -> None:
    entry_at(inputs["escrow"]).write(text, new=True)


@pytest.mark.parametrize("places", [[], ["escrow"], [IN_SECRET], [IN_OBJECT], ["escrow", IN_SECRET, IN_OBJECT]])
@pytest.mark.parametrize("source", ["random", "seed"])
@pytest.mark.parametrize("known", [True, False])
def test_every_copy_is_adopted_or_refused_and_keys_are_made_only_if_there_is_none(
    inputs: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    places: list[str],
    source: str,
    known: bool,
) -> None:
    derived = seed.derive(bytes.fromhex(SEED), "rotsee", "core", "core-1")
    stored = derived if source == "seed" else KEYS
    text = keyfile.write(stored, PASSWORD)
    cluster_with(monkeypatch, {place: text for place in places if place != "escrow"})
    if "escrow" in places:
        keep(inputs, text)
    provider = configured(PASSWORD if known else OTHER, seed=SEED)
    inputs["source"] = source

    checked = provider.check({}, inputs)
    if places and not known:
        (failure,) = checked.failures
        assert failure.reason.startswith("wallet.identityPassword does not decrypt the identity file in ")
        with pytest.raises(WrongPassword):
            provider.create(inputs)
        held = entry_at(inputs["escrow"]).read()
        assert held == (text if "escrow" in places else None)
        return
    assert not checked.failures
    made = provider.create(inputs)
    if places:
        where = entry_at(inputs["escrow"]) if "escrow" in places else places[0]
        assert f"core-1: {where} has the keys of node {stored.native_address}" in capsys.readouterr().err
        assert made.outs
        assert base64.b64decode(made.outs["identity_file"]).decode() == text
    same = bool(places) or source == "seed"
    assert (made.id == stored.native_address) is same
    assert entry_at(inputs["escrow"]).read() is not None


def test_a_copy_in_the_cluster_opens_with_the_previous_password(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster_with(monkeypatch, {IN_SECRET: keyfile.write(KEYS, PASSWORD)})
    made = configured(OTHER, previous=PASSWORD).create(inputs)
    assert made.id == KEYS.native_address
    assert made.outs
    assert keyfile.read(base64.b64decode(made.outs["identity_file"]), OTHER).keys == KEYS


@pytest.mark.faults
def test_copies_with_different_keys_are_refused_and_stay(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, other = keyfile.write(KEYS, PASSWORD), NodeKeyPair.generate()
    keep(inputs, text)
    cluster_with(monkeypatch, {IN_OBJECT: keyfile.write(other, PASSWORD)})
    with pytest.raises(KeyfileError, match=f"{IN_OBJECT} has those of node {other.native_address}: find out which"):
        configured(PASSWORD).create(inputs)
    assert entry_at(inputs["escrow"]).read() == text


@pytest.mark.faults
@pytest.mark.parametrize("damage", ["", "{}", "not json", "\x00", "x" * 20_000])
def test_a_damaged_copy_in_the_cluster_is_refused_with_its_location(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(copies, "read_identity_files", lambda *_: [("core-1", IN_SECRET, damage)])
    (failure,) = configured(PASSWORD).check({}, inputs).failures
    assert failure.reason.startswith(f"{IN_SECRET}: identity file")
    with pytest.raises(KeyfileError):
        configured(PASSWORD).create(inputs)
    assert entry_at(inputs["escrow"]).read() is None


@pytest.mark.faults
def test_no_keys_are_made_while_the_cluster_cannot_be_searched(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(*_: object) -> list[tuple[str, str, str]]:
        raise SecretsUnavailable("platform: the cluster does not respond")

    monkeypatch.setattr(copies, "read_identity_files", silent)
    with pytest.raises(HoprdError, match="does not respond"):
        configured(PASSWORD).create(inputs)
    assert configured(PASSWORD).check({}, inputs).failures == []  # a preview works without the cluster
    assert "core-1: its keys were not searched for in the cluster: platform: the" in capsys.readouterr().err
    assert entry_at(inputs["escrow"]).read() is None


def test_existing_keys_in_the_state_are_not_searched_for(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster_with(monkeypatch, {})
    provider = configured(PASSWORD)
    olds = provider.create(inputs).outs
    monkeypatch.setattr(copies, "read_identity_files", lambda *_: pytest.fail("the cluster was searched"))
    later = configured(PASSWORD)
    assert not later.check(inputs, inputs).failures
    assert olds
    assert later.diff("", olds, inputs).changes is False


def test_the_cluster_is_read_once_for_all_identities_of_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[object] = []

    def read(*place: object) -> list[tuple[str, str, str]]:
        reads.append(place)
        return []

    monkeypatch.setattr(copies, "read_identity_files", read)
    provider = configured(PASSWORD)
    for number in range(3):
        provider.check({}, {**INPUTS, "identity": f"core-{number}", "cluster": LOCATION})
    assert reads == [("core-identities", "hoprd", None, None)]


def test_equal_copies_are_decrypted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = keyfile.write(KEYS, PASSWORD)
    read, opened = keyfile.read, list[str]()

    def counted(given: str | bytes, password: str) -> keyfile.IdentityFile:
        opened.append(password)
        return read(given, password)

    monkeypatch.setattr(keyfile, "read", counted)
    secrets: Secrets = configured(PASSWORD).run.secrets
    found = existing_keys([Copy(IN_SECRET, text), Copy(IN_OBJECT, text)], secrets)
    assert found
    assert (found.where, found.keys, len(opened)) == (IN_SECRET, KEYS, 1)
