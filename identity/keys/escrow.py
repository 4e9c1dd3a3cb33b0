"""A second place for an identity file, outside of Pulumi's state: written, read back and compared before it counts.

What is there is adopted, never replaced by other keys: a run that was killed between here and the state, or a state
that was lost, finds the same keys again.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from config.models.escrow import Escrow
from identity.errors import AwsError, EscrowFailed
from identity.secrets.aws import aws_client, aws_errors

Place = Mapping[str, str]
"""Where one identity's file lies, as the state knows it: `file`, or `secret` (and `region`) of AWS Secrets Manager."""


class Entry(Protocol):
    """The place of one identity's file."""

    def read(self) -> str | None:
        """The file's text; None where there is none. Raises EscrowFailed or AwsError."""

    def write(self, text: str, *, new: bool) -> None:
        """Keeps the text durably; `new` refuses to replace what somebody else wrote meanwhile."""

    def __str__(self) -> str:
        """Where it is, for people."""


def location_of(escrow: Escrow, stack: str, identity: str) -> dict[str, str] | None:
    """Where this identity's file is kept; None where no escrow is configured."""
    if escrow.directory is not None:
        return {"file": str(Path(escrow.directory) / stack / f"{identity}.id")}
    if (manager := escrow.secrets_manager) is None:
        return None
    region = {"region": manager.region} if manager.region else {}
    return {"secret": f"{manager.prefix.rstrip('/')}/{stack}/{identity}", **region}


def require(escrow: Escrow) -> None:
    """Raises EscrowFailed where the configured directory is not there; AWS is asked when a file is read."""
    if escrow.directory is not None:
        _require_directory(Path(escrow.directory))


def entry_at(place: Place) -> Entry:
    """The entry at a place."""
    return _File(Path(place["file"])) if "file" in place else _Secret(place["secret"], place.get("region"))


def store(entry: Entry, text: str, held: str | None) -> str:
    """Makes the entry hold this text and returns it as read back; `held` is what was there before, to be replaced.

    Raises EscrowFailed where something else comes back, or AwsError.
    """
    if text != held:
        entry.write(text, new=held is None)
    if (kept := entry.read()) != text:
        raise EscrowFailed(f"{entry} does not give back what was written: nothing is done before it does; run again")
    return kept


class _File:
    """Readable for its owner alone; a crash leaves the old file or the new one, never a part.

    The directory itself is never made: one that is not mounted would look as if it held nothing to adopt.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return f"escrow file {self._path}"

    def read(self) -> str | None:
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            _require_directory(self._path.parent.parent)
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise EscrowFailed(f"{self} cannot be read: {_reason(error)}") from None

    def write(self, text: str, *, new: bool) -> None:
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            if not self._path.parent.is_dir():
                self._path.parent.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(self._path.parent.parent)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if new:
                os.link(draft, self._path)  # unlike a rename it fails where there is a file
            else:
                draft.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise EscrowFailed(f"{self} cannot be written: {_reason(error)}") from None
        finally:
            with suppress(OSError):  # what went wrong before it is told
                draft.unlink(missing_ok=True)


class _Secret:
    def __init__(self, name: str, region: str | None) -> None:
        self._name, self._region = name, region

    def __str__(self) -> str:
        return f"escrow secret {self._name}"

    def read(self) -> str | None:
        try:
            with aws_errors("escrow.secretsManager", f"reading {self._name}"):
                answer = self._client.get_secret_value(SecretId=self._name)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        text: str | None = answer.get("SecretString")
        if text is None:
            raise EscrowFailed(f"{self} cannot be read: it is not text")
        return text

    def write(self, text: str, *, new: bool) -> None:
        with aws_errors("escrow.secretsManager", f"writing {self._name}"):
            if new:
                self._client.create_secret(
                    Name=self._name, SecretString=text, Description="An encrypted HOPR identity file"
                )
            else:
                self._client.put_secret_value(SecretId=self._name, SecretString=text)

    @cached_property
    def _client(self) -> Any:
        return aws_client("secretsmanager", self._region, self._name)


def _require_directory(directory: Path) -> None:
    if not directory.is_dir():
        raise EscrowFailed(f"escrow.directory: there is no directory {directory}: mount it, or make it (mode 700)")


def _sync_folder(folder: Path) -> None:
    """Makes the new name itself durable."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not text"
