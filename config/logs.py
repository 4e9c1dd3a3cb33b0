"""Logging of the whole program: `HOPRD_LOG=debug pulumi up` shows requests, plans, decisions and tracebacks.

Records go to standard error of the process that writes them (the program, a dynamic provider, a command), and the
engine shows them as diagnostics. Every secret that a process reads is registered with `conceal` before anything can log
it, and one filter replaces it in messages and in tracebacks.
"""

import base64
import logging
import os
import sys
from urllib.parse import quote

from pydantic import SecretStr

from config.errors import ConfigurationError, Problem

VARIABLE = "HOPRD_LOG"
LEVELS = ("debug", "info", "warning", "error")
PACKAGES = ("config", "identity", "components")
_SHORTEST_SECRET = 4
_REPLACEMENT = "[secret]"
_concealed: set[str] = set()


def conceal(*secrets: SecretStr | str | None) -> None:
    """Register secrets, so that no log record of this process shows them, plain, in base64 or quoted for a URL."""
    for secret in secrets:
        text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret or ""
        for form in (text, text.removeprefix("0x")):
            if len(form) >= _SHORTEST_SECRET:
                _concealed.update({form, form.lower(), base64.b64encode(form.encode()).decode(), quote(form, safe="")})


def redact(text: str) -> str:
    """The text without the registered secrets, the longest first."""
    for secret in sorted(_concealed, key=len, reverse=True):
        text = text.replace(secret, _REPLACEMENT)
    return text


class RedactingFilter(logging.Filter):
    """Replaces registered secrets in the message and in the traceback of a record; lets every record through."""

    _tracebacks = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redact(self._tracebacks.formatException(record.exc_info))
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
