"""Escrow: a second copy of an identity file outside of Pulumi's state, written, read back and compared.

Existing entries are adopted and never replaced by other keys: after a run that was killed before it wrote its state, or
after the loss of the state, the next run finds the same keys.
"""

import logging
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

_log = logging.getLogger(__name__)

Location = Mapping[str, str]
"""Location of an identity's file as stored in the state: `file`, or `secret` and `region` in AWS Secrets Manager."""


class Entry(Protocol):
    """The escrow entry of one identity."""

    def read(self) -> str | None:
        """Return the file's text, or None if the entry does not exist. Raise EscrowFailed or AwsError."""

    def write(self, text: str, *, new: bool) -> None:
        """Store the text durably; with `new`, fail if the entry exists."""

    def __str__(self) -> str:
        """Name the entry for people."""


def location_of(escrow: Escrow, stack: str, identity: str) -> dict[str, str] | None:
    """Return the location of an identity's file, or None if no escrow is configured."""
    if escrow.directory is not None:
        return {"file": str(Path(escrow.directory) / stack / f"{identity}.id")}
    if (manager := escrow.secrets_manager) is None:
        return None
    region = {"region": manager.region} if manager.region else {}
    return {"secret": f"{manager.prefix.rstrip('/')}/{stack}/{identity}", **region}


def require(escrow: Escrow, stack: str) -> None:
    """Raise EscrowFailed if the configured directory does not exist, or if the stack's folder would be outside of it.

    AWS is only checked when a file is read.
    """
    if escrow.directory is not None:
        if stack in (".", ".."):
            raise EscrowFailed(
                f"escrow.directory: a stack named '{stack}' has no folder of its own in {escrow.directory}: rename it "
                "with `pulumi stack rename`, or use escrow.secretsManager"
            )
        _require_directory(Path(escrow.directory))


def entry_at(location: Location) -> Entry:
    """Return the entry at a location."""
    return _File(Path(location["file"])) if "file" in location else _Secret(location["secret"], location.get("region"))


def store(entry: Entry, text: str, held: str | None) -> str:
    """Store a text and return it as read back; `held` is the current content of the entry, which it replaces.

    Raise EscrowFailed if something else is read back, or AwsError.
    """
    if text != held:
        _log.info("writing %s", entry)
        entry.write(text, new=held is None)
    if (stored := entry.read()) != text:
        raise EscrowFailed(f"{entry} does not return the text that was written, so the run stops here: run again")
    return stored


class _File:
    """A file that only its owner can read; a crash leaves the old file or the new one, never a part.

    The directory itself is never created: if it is not mounted, it must not look like an empty escrow.
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
        temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            if not self._path.parent.is_dir():
                self._path.parent.mkdir(mode=0o700, exist_ok=True)
                _sync_directory(self._path.parent.parent)
            with os.fdopen(
                os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if new:
                os.link(temporary, self._path)  # unlike a rename it fails where there is a file
            else:
                temporary.replace(self._path)
            _sync_directory(self._path.parent)
        except OSError as error:
            raise EscrowFailed(f"{self} cannot be written: {_reason(error)}") from None
        finally:
            with suppress(OSError):  # an earlier error is more useful
                temporary.unlink(missing_ok=True)


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
        raise EscrowFailed(f"escrow.directory: directory {directory} does not exist: mount it, or create it (mode 700)")


def _sync_directory(directory: Path) -> None:
    """Make a new name in the directory durable."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not text"
