"""The journal of a wallet: every transaction that this machine sends, recorded first; and a lock for one sender.

The journal is a file of JSON lines for each chain and wallet in `$XDG_STATE_HOME/hoprd-pulumi` (by default
`~/.local/state/hoprd-pulumi`). No payment depends on it (see `rounds`): a machine with no journal, or with an old one,
pays nothing twice. The journal serves three purposes: to replace our own transaction whose fee is too low to be mined,
to report the outcome of the transactions of a killed run, and to let people read what was sent.
"""

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from filelock import BaseFileLock, FileLock, Timeout
from platformdirs import user_state_path
from pydantic import TypeAdapter

from identity.errors import JournalError
from identity.submission.wallet import SignedTransaction
from identity.submission.wallet_transaction import WalletTransaction

_log = logging.getLogger(__name__)

_APPLICATION = "hoprd-pulumi"


class Outcome(StrEnum):
    """The outcome of a transaction."""

    MINED = "mined"
    REFUSED = "refused by a contract"
    OVERTAKEN = "overtaken by another transaction with its nonce"
    NOT_ACCEPTED = "not accepted by the endpoint"


@dataclass(frozen=True)
class Intent:
    """A transaction that is about to be sent; fees are in wei per gas, amounts in wei."""

    hash: str
    nonce: int
    what: str
    xdai_wei: int
    wxhopr_wei: int
    max_fee_wei: int
    priority_fee_wei: int

    @classmethod
    def of(cls, transaction: WalletTransaction, signed: SignedTransaction) -> Self:
        """Return the journal entry of a signed transaction."""
        return cls(
            hash=signed.hash,
            nonce=signed.nonce,
            what=transaction.summary,
            xdai_wei=transaction.xdai_wei,
            wxhopr_wei=transaction.wxhopr_wei,
            max_fee_wei=signed.fees.max_fee_wei,
            priority_fee_wei=signed.fees.priority_fee_wei,
        )


_INTENT = TypeAdapter(Intent)


class Journal:
    """The journal of one wallet on one chain. Raises JournalError if it cannot be read or written."""

    def __init__(self, chain_id: int, wallet: str, directory: Path | None = None) -> None:
        self._directory = directory or user_state_path(_APPLICATION, appauthor=False)
        self._file = self._directory / f"{chain_id}-{wallet.lower()}.jsonl"
        self._wallet = wallet
        self._open: dict[str, Intent] = {}
        self._offset = self._unreadable = 0

    @contextlib.contextmanager
    def exclusive(self, report: Callable[[str], None]) -> Iterator[None]:
        """Hold the wallet's lock; wait while another run of this user on this machine holds it.

        The operating system releases the lock when the process ends, however it ends.
        """
        file = self._file.with_suffix(".lock")
        lock = FileLock(file, mode=0o600, fallback_to_soft=False)  # a soft lock would outlive a killed process
        if not self._acquired(lock):
            report(
                f"another run on this machine is sending from wallet {self._wallet}: waiting until it ends "
                f"(lock {file})"
            )
            lock.acquire()
        try:
            self._read_new_entries()
            if self._unreadable:
                report(f"skips {self._unreadable} entries of the journal {self._file}: damaged or of another version")
            yield
        finally:
            lock.release()

    def record_intent(self, intent: Intent) -> None:
        """Record, durably, a transaction that is about to be sent."""
        self._append({**asdict(intent), "at": _now()})

    def record_outcome(self, transaction_hash: str, outcome: Outcome) -> None:
        """Record the outcome of a transaction."""
        _log.debug("transaction %s: %s", transaction_hash, outcome)
        self._append({"hash": transaction_hash, "outcome": outcome, "at": _now()})

    def open_intents(self) -> list[Intent]:
        """Return the recorded transactions without an outcome, ordered by nonce."""
        self._read_new_entries()
        return sorted(self._open.values(), key=lambda intent: intent.nonce)

    @property
    def unreadable(self) -> int:
        """How many entries were skipped: cut off by a crash, damaged, or written by another version."""
        return self._unreadable

    def _read_new_entries(self) -> None:
        """Read what was appended since the last call; the file may have 100,000 entries."""
        try:
            with self._file.open("rb") as journal:
                journal.seek(self._offset)
                lines = journal.read().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise JournalError(
                f"the journal {self._file} cannot be read: {error.strerror}; make it readable, or move it away "
                "(no payment depends on it)"
            ) from None
        for number, line in enumerate(lines, start=1):
            is_readable = self._record(line)
            if number == len(lines) and not is_readable:
                return  # may still be written: read it again with what follows
            self._offset += len(line) + (number < len(lines))
            self._unreadable += not is_readable

    def _record(self, line: bytes) -> bool:
        """Apply one entry; return False if it is not an entry of this version."""
        if not line.strip():
            return True
        try:
            entry = json.loads(line)
            if not isinstance(entry, dict):
                return False
            if "outcome" in entry:
                self._open.pop(str(entry["hash"]), None)
            else:
                intent = _INTENT.validate_python(entry)
                self._open[intent.hash] = intent
        except (ValueError, KeyError, RecursionError):
            return False
        return True

    def _acquired(self, lock: BaseFileLock) -> bool:
        with self._reporting_errors(self._file):
            try:
                lock.acquire(blocking=False)
            except Timeout:
                return False
        return True

    def _append(self, entry: dict[str, Any]) -> None:
        with self._reporting_errors(self._file):
            opened = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(opened, "a", encoding="utf-8") as journal:
            # The line break comes first, so that a line that a crash cut off does not spoil the next one.
            journal.write("\n" + json.dumps(entry))
            journal.flush()
            os.fsync(journal.fileno())

    @contextlib.contextmanager
    def _reporting_errors(self, file: Path) -> Iterator[None]:
        """Create the folder; raise JournalError for any OSError, of the folder or inside the context."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise JournalError(
                f"the journal {file} cannot be written: {error.strerror}; make the folder writable, or set "
                "XDG_STATE_HOME to a writable folder"
            ) from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
