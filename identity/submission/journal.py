"""What this machine has sent for a wallet: written down before it is sent, and one sender at a time.

Lies in `$XDG_STATE_HOME/hoprd-pulumi` (by default `~/.local/state/hoprd-pulumi`): a file of JSON lines a chain and
wallet. No payment depends on it (`rounds` says why): a machine without it, or with an old one, pays nothing twice.
It is for three things: to take the place of a transaction of ours that waits for ever because its fee is too low, to
tell what became of the transactions of a run that was killed, and for people to read.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TextIO

from identity.errors import JournalError
from identity.submission.wallet import SignedTransaction
from identity.submission.wallet_transaction import WalletTransaction

_DIRECTORY = "hoprd-pulumi"
_POLL_S = 0.1


class Outcome(StrEnum):
    """What became of a transaction."""

    MINED = "mined"
    REFUSED = "refused by a contract"
    OVERTAKEN = "overtaken by another transaction with its nonce"
    NOT_ACCEPTED = "not accepted by the endpoint"


@dataclass(frozen=True)
class Intent:
    """A transaction that is about to be sent; fees and amounts in wei."""

    hash: str
    nonce: int
    what: str
    xdai_wei: int
    wxhopr_wei: int
    max_fee_wei: int
    priority_fee_wei: int

    @classmethod
    def of(cls, transaction: WalletTransaction, signed: SignedTransaction) -> Self:
        """What is written down of a transaction that is signed."""
        return cls(
            hash=signed.hash,
            nonce=signed.nonce,
            what=transaction.summary,
            xdai_wei=transaction.xdai_wei,
            wxhopr_wei=transaction.wxhopr_wei,
            max_fee_wei=signed.fees.max_fee_wei,
            priority_fee_wei=signed.fees.priority_fee_wei,
        )


class Journal:
    """The journal of one wallet on one chain; raises JournalError where it cannot be written."""

    def __init__(self, chain_id: int, wallet: str, directory: Path | None = None) -> None:
        self._directory = directory or _state_directory()
        self._file = self._directory / f"{chain_id}-{wallet.lower()}.jsonl"
        self._wallet = wallet

    @contextlib.contextmanager
    def exclusive(self, report: Callable[[str], None]) -> Iterator[None]:
        """Waits until no other run of this user on this machine sends for the wallet, and keeps others waiting."""
        with self._opened(self._file.with_suffix(".lock")) as lock:
            if not _locked(lock):
                report(f"something else on this machine is sending for wallet {self._wallet}: waiting for it to end")
                while not _locked(lock):
                    time.sleep(_POLL_S)
            yield

    def record_intent(self, intent: Intent) -> None:
        """Writes down, durably, what is about to be sent."""
        self._append({**asdict(intent), "at": _now()})

    def record_outcome(self, transaction_hash: str, outcome: Outcome) -> None:
        """Writes down what became of it."""
        self._append({"hash": transaction_hash, "outcome": outcome, "at": _now()})

    def open_intents(self) -> list[Intent]:
        """What was sent, or was about to be, and has no known outcome; in the order of the nonces."""
        waiting: dict[str, Intent] = {}
        for entry in self._entries():
            if "outcome" in entry:
                waiting.pop(entry["hash"], None)
            else:
                waiting[entry["hash"]] = Intent(**{key: entry[key] for key in Intent.__dataclass_fields__})
        return sorted(waiting.values(), key=lambda intent: intent.nonce)

    def _entries(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise JournalError(
                f"the journal {self._file} cannot be read: {error.strerror}; make it readable, or move it away: "
                "nothing is paid twice without it"
            ) from None
        for line in lines:
            with contextlib.suppress(ValueError):  # a line that a crash has cut off was never followed by a sending
                yield json.loads(line)

    def _append(self, entry: dict[str, Any]) -> None:
        with self._opened(self._file) as journal:
            # The line break comes first, so that what a crash has cut off spoils no other line.
            journal.write("\n" + json.dumps(entry))
            journal.flush()
            os.fsync(journal.fileno())

    @contextlib.contextmanager
    def _opened(self, file: Path) -> Iterator[TextIO]:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened = os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8")
        except OSError as error:
            raise JournalError(
                f"the journal {file} cannot be written: {error.strerror}; set XDG_STATE_HOME to a folder that can be"
            ) from None
        with opened:
            yield opened


def _state_directory() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / _DIRECTORY


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
