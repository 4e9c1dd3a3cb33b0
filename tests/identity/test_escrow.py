"""Escrow: writes are durable, private and read back, and never replace another entry."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from config.models.escrow import Escrow, SecretsManagerEscrow
from identity.errors import AwsError, EscrowFailed, IdentityError
from identity.keys import escrow
from identity.keys.escrow import Entry, entry_at, location_of, store
from testkit import aws as service


class Killed(BaseException):
    """Simulates a killed process."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "escrow"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture(params=["directory", "secrets manager"])
def entry(request: pytest.FixtureRequest, directory: Path, aws: str) -> Entry:
    """Return an empty entry of each kind."""
    kinds = {
        "directory": Escrow(directory=str(directory)),
        "secrets manager": Escrow(secrets_manager=SecretsManagerEscrow(prefix="hoprd/")),
    }
    place = location_of(kinds[request.param], "rotsee", "core-1")
    assert place
    return entry_at(place)


def file_of(directory: Path) -> Path:
    return directory / "rotsee" / "core-1.id"


def test_each_identity_of_each_stack_has_its_own_location() -> None:
    manager = SecretsManagerEscrow(prefix="hoprd", region="eu-central-1")
    assert location_of(Escrow(directory="/escrow"), "rotsee", "core-1") == {"file": "/escrow/rotsee/core-1.id"}
    assert location_of(Escrow(secrets_manager=manager), "rotsee", "core-1") == {
        "secret": "hoprd/rotsee/core-1",
        "region": "eu-central-1",
    }
    assert location_of(Escrow(), "rotsee", "core-1") is None


def test_a_stored_text_is_read_back_and_can_be_replaced(entry: Entry) -> None:
    assert entry.read() is None
    assert store(entry, "first", None) == "first"
    assert store(entry, "second", "first") == "second"
    assert entry.read() == "second"


def test_a_concurrently_written_entry_is_not_replaced(entry: Entry) -> None:
    store(entry, "theirs", None)
    with pytest.raises(IdentityError):
        store(entry, "ours", None)
    assert entry.read() == "theirs"


@pytest.mark.faults
def test_an_escrow_that_returns_something_else_is_an_error(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(entry), "read", lambda _: "planted-other")
    with pytest.raises(EscrowFailed, match="does not return the text that was written") as caught:
        store(entry, "planted-text", None)
    assert "planted" not in str(caught.value)


def test_only_the_owner_can_access_files_and_their_folder(directory: Path) -> None:
    store(entry_at({"file": str(file_of(directory))}), "text", None)
    assert stat.S_IMODE(file_of(directory).stat().st_mode) == 0o600
    assert stat.S_IMODE(file_of(directory).parent.stat().st_mode) == 0o700
    assert [path.name for path in file_of(directory).parent.iterdir()] == ["core-1.id"]


@pytest.mark.faults
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_killed_write_keeps_the_previous_file(directory: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    kept = entry_at({"file": str(file_of(directory))})
    store(kept, "before", None)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync", killed) if call == "fsync" else (Path, "replace", killed)))
        with pytest.raises(Killed):
            store(kept, "after", "before")
    assert kept.read() == "before"
    assert store(kept, "after", "before") == "after"


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to find the file of a descriptor")
def test_name_and_content_are_durable_before_store_returns(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.readlink(f"/proc/self/fd/{number}")))
    store(entry_at({"file": str(file_of(directory))}), "text", None)
    folder = str(file_of(directory).parent)
    assert synced[0] == str(directory)
    assert synced[1].startswith(f"{folder}/.core-1.id.")
    assert synced[2] == folder


def test_a_missing_directory_is_not_an_empty_escrow(tmp_path: Path) -> None:
    """It may not be mounted: new keys would be generated although it contains some."""
    with pytest.raises(EscrowFailed, match=r"^escrow\.directory: directory .* does not exist: mount it, or"):
        entry_at({"file": str(tmp_path / "absent" / "rotsee" / "core-1.id")}).read()
    assert not (tmp_path / "absent").exists()


def test_an_error_of_a_file_names_it(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = entry_at({"file": str(file_of(directory))})
    file_of(directory).parent.mkdir()
    file_of(directory).write_bytes(b"\xff\xfe")
    with pytest.raises(EscrowFailed, match=r"core-1\.id cannot be read: it is not text$"):
        kept.read()
    file_of(directory).unlink()
    file_of(directory).mkdir()
    with pytest.raises(EscrowFailed, match=r"core-1\.id cannot be read: Is a directory$"):
        kept.read()
    file_of(directory).rmdir()
    file_of(directory).parent.rmdir()
    file_of(directory).parent.write_text("no folder")
    with pytest.raises(EscrowFailed, match=r"core-1\.id cannot be written: "):
        kept.write("text", new=True)


def test_an_impossible_path_is_one_sentence_too(directory: Path) -> None:
    with pytest.raises(EscrowFailed, match=r"core-1\.id cannot be read: File name too long$"):
        entry_at({"file": f"{directory}/{'x' * 300}/rotsee/core-1.id"}).read()


@pytest.mark.faults
def test_a_full_disk_leaves_no_file_and_no_temporary_file(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file_of(directory).parent.mkdir()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EscrowFailed, match=r"core-1\.id cannot be written: No space left on device$"):
        store(entry_at({"file": str(file_of(directory))}), "text", None)
    assert list(file_of(directory).parent.iterdir()) == []


def test_a_binary_or_empty_secret_is_not_an_absent_one(aws: str) -> None:
    service.client("secretsmanager").create_secret(Name="hoprd/rotsee/core-1", SecretBinary=b"\xff")
    with pytest.raises(EscrowFailed, match=r"^escrow secret hoprd/rotsee/core-1 cannot be read: it is not text$"):
        entry_at({"secret": "hoprd/rotsee/core-1"}).read()
    service.client("secretsmanager").create_secret(Name="hoprd/rotsee/core-2")
    with pytest.raises(AwsError, match=r"writing hoprd/rotsee/core-2: .*no value yet.*delete it if it is empty"):
        store(entry_at({"secret": "hoprd/rotsee/core-2"}), "text", None)


def test_a_replaced_secret_keeps_its_previous_version(aws: str) -> None:
    kept = entry_at({"secret": "hoprd/rotsee/core-1"})
    store(kept, "first", None)
    store(kept, "second", "first")
    before = service.client("secretsmanager").get_secret_value(
        SecretId="hoprd/rotsee/core-1", VersionStage="AWSPREVIOUS"
    )
    assert before["SecretString"] == "first"


def test_the_region_is_the_configured_one(aws: str) -> None:
    store(entry_at({"secret": "hoprd/rotsee/core-1", "region": "us-east-1"}), "text", None)
    assert entry_at({"secret": "hoprd/rotsee/core-1"}).read() is None
    found = service.client("secretsmanager", "us-east-1").get_secret_value(SecretId="hoprd/rotsee/core-1")
    assert found["SecretString"] == "text"


def test_a_secret_scheduled_for_deletion_is_not_an_absent_one(aws: str) -> None:
    kept = entry_at({"secret": "hoprd/rotsee/core-1"})
    store(kept, "text", None)
    service.client("secretsmanager").delete_secret(SecretId="hoprd/rotsee/core-1")
    with pytest.raises(AwsError, match=r"reading hoprd/rotsee/core-1: .*restore-secret"):
        kept.read()


def test_an_unreachable_aws_is_one_sentence(monkeypatch: pytest.MonkeyPatch, aws: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("identity.secrets.aws._ATTEMPTS", 1)
    with pytest.raises(AwsError, match=r"^escrow\.secretsManager: reading hoprd/rotsee/core-1: AWS does not respond"):
        entry_at({"secret": "hoprd/rotsee/core-1"}).read()


def test_the_name_of_an_entry_contains_nothing_secret(directory: Path) -> None:
    assert str(entry_at({"file": "/e/rotsee/core-1.id"})) == "escrow file /e/rotsee/core-1.id"
    assert str(entry_at({"secret": "hoprd/rotsee/core-1"})) == "escrow secret hoprd/rotsee/core-1"
    assert escrow.location_of(Escrow(directory=str(directory)), "s", "i") == {"file": f"{directory}/s/i.id"}


@pytest.mark.parametrize("stack", [".", ".."])
def test_a_stack_whose_folder_would_be_outside_the_directory_is_refused(tmp_path: Path, stack: str) -> None:
    with pytest.raises(EscrowFailed, match=r"escrow\.directory: a stack named '\.+' has no folder of its own"):
        escrow.require(Escrow(directory=str(tmp_path)), stack)
    escrow.require(Escrow(directory=str(tmp_path)), "...")
