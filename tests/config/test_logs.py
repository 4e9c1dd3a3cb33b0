"""The log shows what the program does, and no secret in any encoding."""

import base64
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from pydantic import SecretStr

from config import logs
from config.__main__ import main
from config.errors import ConfigurationError

KEY = "0x" + "0a1b" * 16
PASSWORD = 'pläntéd "pass\\word"/+'  # needs escapes in every format
URL_KEY = "AbC%2Fdef-planted"
FORMS = {
    "the key": KEY,
    "the key without prefix": KEY[2:],
    "the key in upper case": KEY[2:].upper(),
    "the key as a number": str(int(KEY, 16)),
    "the key as bytes": repr(bytes.fromhex(KEY[2:]))[2:-1],
    "the password": PASSWORD,
    "the password in JSON": json.dumps(PASSWORD)[1:-1],
    "the password in repr": repr(PASSWORD)[1:-1],
    "the password as bytes": repr(PASSWORD.encode())[2:-1],
    "the password in hex": PASSWORD.encode().hex(),
    "the password in a URL": quote(PASSWORD, safe=""),
    "the password in a form": quote_plus(PASSWORD),
    "a part of a URL": URL_KEY,
    "a decoded part of a URL": "AbC/def-planted",
}
IN_BASE64 = {
    **{f"offset {before}": b"x" * before + PASSWORD.encode() + b"tail" for before in range(4)},
    "the key's bytes": b"user:" + bytes.fromhex(KEY[2:]),
}
LOGGER = logging.getLogger("identity.test_logs")


@pytest.fixture(autouse=True)
def own_loggers() -> Iterator[None]:
    before = {name: (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in logs.PACKAGES}
    for name in logs.PACKAGES:
        logging.getLogger(name).handlers[:] = []
    yield
    for name, (level, handlers) in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).handlers[:] = handlers


@pytest.fixture
def redactor() -> logs.Redactor:
    redactor = logs.Redactor()
    redactor.conceal(SecretStr(KEY), PASSWORD, URL_KEY, None)
    return redactor


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_no_form_of_a_registered_secret_is_shown_in_a_message(redactor: logs.Redactor, form: str) -> None:
    record = logging.LogRecord("identity", logging.INFO, __file__, 1, "signed with <%s>", (form,), None)
    assert logs.RedactingFilter(redactor).filter(record)
    assert record.getMessage() == "signed with <[secret]>"


@pytest.mark.parametrize("content", IN_BASE64.values(), ids=list(IN_BASE64))
def test_no_secret_is_shown_in_base64_of_a_longer_text(redactor: logs.Redactor, content: bytes) -> None:
    assert "[secret]" in redactor.redact(base64.b64encode(content).decode())
    assert "[secret]" in redactor.redact(base64.urlsafe_b64encode(content).decode())


def test_no_secret_is_shown_in_a_traceback(redactor: logs.Redactor) -> None:
    error = KeyError(PASSWORD)  # its text is the repr of the password
    record = logging.LogRecord("identity", logging.INFO, __file__, 1, "failed", (), (KeyError, error, None))
    assert logs.RedactingFilter(redactor).filter(record)
    assert record.exc_text == "KeyError: '[secret]'"


def test_a_text_of_less_than_four_characters_is_not_registered(redactor: logs.Redactor) -> None:
    redactor.conceal("abc", "")
    assert redactor.redact("abcd, nothing else") == "abcd, nothing else"


def test_without_secrets_nothing_is_replaced() -> None:
    assert logs.Redactor().redact("a record") == "a record"


def test_bad_arguments_of_a_record_do_not_stop_the_program(redactor: logs.Redactor) -> None:
    record = logging.LogRecord("identity", logging.INFO, __file__, 1, "%d of %d", ("one",), None)
    assert logs.RedactingFilter(redactor).filter(record)
    assert record.getMessage() == "%d of %d (its arguments do not fit)"


@pytest.mark.parametrize(
    ("level", "shown"), [("", "WARNING"), ("info", "INFO"), ("DEBUG", "DEBUG"), ("error", "ERROR")]
)
def test_the_variable_chooses_the_lowest_level(
    level: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOPRD_LOG", level)
    logs.configure_logging()
    logs.configure_logging()
    for severity in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        LOGGER.log(severity, "a record")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].split(" ")[2] == shown
    assert len(lines) == len(set(lines))


def test_an_unknown_level_is_refused_with_the_allowed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOPRD_LOG", "loud")
    with pytest.raises(
        ConfigurationError, match=r"HOPRD_LOG: 'loud' is not a log level, expected one of debug, info, "
    ):
        logs.configure_logging()


def test_the_command_reports_an_unknown_level_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOPRD_LOG", "loud")
    assert main(["schema"]) == 1
    assert capsys.readouterr() == (
        "",
        "HOPRD_LOG: 'loud' is not a log level, expected one of debug, info, warning, error\n",
    )
