"""The journal: durable before a transaction is sent, private, readable after a crash, with a lock for one sender."""

import os
import threading
from pathlib import Path

import pytest

from identity.errors import JournalError
from identity.submission.journal import Intent, Journal, Outcome

WALLET = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


def intent(nonce: int) -> Intent:
    return Intent(f"0x{nonce:064x}", nonce, "pay xDai to 1", 10**17, 0, 4 * 10**9, 2 * 10**9)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(100, WALLET, tmp_path / "journal")


def test_an_intent_is_open_until_its_outcome_is_recorded(journal: Journal) -> None:
    for nonce in (8, 7):
        journal.record_intent(intent(nonce))
    assert journal.open_intents() == [intent(7), intent(8)]
    journal.record_outcome(intent(7).hash, Outcome.MINED)
    assert journal.open_intents() == [intent(8)]


def test_another_run_reads_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.record_intent(intent(7))
    assert Journal(100, WALLET.lower(), tmp_path / "journal").open_intents() == [intent(7)]
    assert Journal(31337, WALLET, tmp_path / "journal").open_intents() == []


def test_a_line_that_a_crash_cut_off_does_not_spoil_another(journal: Journal, tmp_path: Path) -> None:
    journal.record_intent(intent(7))
    (file,) = (tmp_path / "journal").glob("*.jsonl")
    file.write_text(file.read_text() + '\n{"hash": "0x')
    journal.record_intent(intent(8))
    assert journal.open_intents() == [intent(7), intent(8)]


@pytest.mark.parametrize(
    "damaged",
    [
        b"\xff\xfe",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"{}",
        b'{"outcome": "mined"}',
        b'{"hash": null, "nonce": 1}',
        b'{"hash": "0x1", "nonce": "many", "what": 1}',
        b'{"version": 2, "transactions": []}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_entry_is_skipped_and_reported_once(journal: Journal, tmp_path: Path, damaged: bytes) -> None:
    journal.record_intent(intent(7))
    (file,) = (tmp_path / "journal").glob("*.jsonl")
    file.write_bytes(file.read_bytes() + b"\n" + damaged)
    journal.record_intent(intent(8))
    said: list[str] = []
    later = Journal(100, WALLET, tmp_path / "journal")
    with later.exclusive(said.append):
        assert later.open_intents() == [intent(7), intent(8)]
        assert later.open_intents() == [intent(7), intent(8)]
    assert said == [f"skips 1 entries of the journal {file}: damaged or of another version"]


def test_only_new_entries_are_read_again(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for nonce in range(50):
        journal.record_intent(intent(nonce))
    later, parsed = Journal(100, WALLET, tmp_path / "journal"), list[bytes]()
    record = later._record

    def record_and_count(line: bytes) -> bool:
        parsed.append(line)
        return record(line)

    monkeypatch.setattr(later, "_record", record_and_count)
    assert len(later.open_intents()) == 50
    parsed.clear()
    later.record_outcome(intent(0).hash, Outcome.MINED)
    assert len(later.open_intents()) == 49
    assert len([line for line in parsed if line.strip()]) == 1


def test_only_the_owner_can_read_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.record_intent(intent(7))
    folder = tmp_path / "journal"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_the_default_folder_is_the_users_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Journal(100, WALLET).record_intent(intent(7))
    assert os.listdir(tmp_path / "state" / "hoprd-pulumi") == [f"100-{WALLET.lower()}.jsonl"]


def test_an_unwritable_folder_is_one_sentence_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="make the folder writable, or set XDG_STATE_HOME to a writable folder"):
        Journal(100, WALLET, tmp_path / "file" / "journal").record_intent(intent(7))


def test_an_unreadable_journal_is_one_sentence_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / f"100-{WALLET.lower()}.jsonl").mkdir()
    with pytest.raises(JournalError, match="cannot be read: Is a directory; make it readable, or move it away"):
        Journal(100, WALLET, tmp_path).open_intents()


def test_a_second_run_waits_and_reports_it(journal: Journal, tmp_path: Path) -> None:
    entered, said = threading.Event(), list[str]()

    def second() -> None:
        with Journal(100, WALLET, tmp_path / "journal").exclusive(said.append):
            entered.set()

    with journal.exclusive(said.append):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.3)
    waiting.join(timeout=10)
    lock = tmp_path / "journal" / f"100-{WALLET.lower()}.lock"
    assert entered.is_set()
    assert said == [f"another run on this machine is sending from wallet {WALLET}: waiting until it ends (lock {lock})"]
