"""Logging of the whole program: `HOPRD_LOG=debug pulumi up` shows requests, plans, decisions and tracebacks.

Records go to standard error of the process that writes them (the program, a dynamic provider, a command), and the
engine shows them as diagnostics. The keys, passwords, tokens, seeds and RPC keys that a process reads are registered
with `conceal`, and one filter replaces them, in every common encoding, in messages and in tracebacks.
"""

import base64
import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote

from pydantic import SecretStr

from config.errors import ConfigurationError, Problem

VARIABLE = "HOPRD_LOG"
LEVELS = ("debug", "info", "warning", "error")
PACKAGES = ("config", "identity", "components")
_SHORTEST_SECRET = 4
_REPLACEMENT = "[secret]"


class Redactor:
    """The registered secrets of a process, and the replacement of all their encodings."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def conceal(self, *secrets: SecretStr | str | None) -> None:
        """Register secrets; those of fewer than four characters would hide ordinary text and are left out."""
        texts = (secret.get_secret_value() if isinstance(secret, SecretStr) else secret or "" for secret in secrets)
        new = {text for text in texts if len(text) >= _SHORTEST_SECRET} - self._secrets
        if new:
            self._secrets |= new
            self._pattern = None

    def redact(self, text: str) -> str:
        """Return the text without the registered secrets, in upper or lower case."""
        if self._pattern is None:
            forms = {form for secret in self._secrets for form in _encodings(secret) if len(form) >= _SHORTEST_SECRET}
            longest_first = sorted(forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)
        return self._pattern.sub(_REPLACEMENT, text)


def _encodings(secret: str) -> Iterator[str]:
    """Every form in which a secret may appear: escaped, quoted, in base64, and for a hex key its bytes and number."""
    encoded = secret.encode()
    yield from (secret, secret.strip(), secret.removeprefix("0x"))
    yield from (json.dumps(secret)[1:-1], repr(secret)[1:-1], repr(encoded)[2:-1])
    yield from (quote(secret, safe=""), quote(secret), quote_plus(secret), unquote(secret))
    yield from (encoded.hex(), *_base64(encoded))
    try:
        raw = bytes.fromhex(secret.removeprefix("0x"))
    except ValueError:
        return
    yield from (raw.decode("latin-1"), repr(raw)[2:-1], str(int.from_bytes(raw)), *_base64(raw))


def _base64(secret: bytes) -> Iterator[str]:
    """The characters that do not depend on the bytes around the secret, for each of three offsets."""
    for before in range(3):
        inner = base64.b64encode(b"\0" * before + secret).rstrip(b"=")[-(-before * 8 // 6) : -1].decode()
        yield inner
        yield inner.translate(str.maketrans("+/", "-_"))


_redactor = Redactor()
conceal = _redactor.conceal


class RedactingFilter(logging.Filter):
    """Replaces registered secrets in the message and in the traceback of a record; lets every record through."""

    _tracebacks = logging.Formatter()

    def __init__(self, redactor: Redactor = _redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = f"{record.msg} (its arguments do not fit)"
        record.msg, record.args = self._redactor.redact(message), ()
        if record.exc_info:
            record.exc_text = self._redactor.redact(self._tracebacks.formatException(record.exc_info))
        return True


def configure_logging() -> None:
    """Write records of at least the level in HOPRD_LOG to standard error; without the variable, warnings and errors.

    Safe to call more than once. Raises ConfigurationError for an unknown level.
    """
    level = os.environ.get(VARIABLE, "").strip().lower() or "warning"
    if level not in LEVELS:
        problem = Problem(VARIABLE, f"'{level}' is not a log level, expected one of {', '.join(LEVELS)}")
        raise ConfigurationError([problem])
    for package in PACKAGES:
        logger = logging.getLogger(package)
        logger.setLevel(level.upper())
        if not any(isinstance(handler, _Handler) for handler in logger.handlers):
            logger.addHandler(_Handler())


class _Handler(logging.Handler):
    """Writes to the current standard error, because the engine and tests replace it while a process runs."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(RedactingFilter())
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")  # one write: several threads log at the same time
        sys.stderr.flush()
