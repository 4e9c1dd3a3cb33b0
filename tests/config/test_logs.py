"""The log shows what the program does, and no secret of it."""

import base64
import logging
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from config import logs
from config.errors import ConfigurationError

KEY = "0x" + "ab" * 32
PASSWORD = "planted password"
LOGGER = logging.getLogger("identity.test_logs")


@pytest.fixture(autouse=True)
def loggers_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "_concealed", set())
    before = {name: (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in logs.PACKAGES}
    yield
    for name, (level, handlers) in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).handlers[:] = handlers


def fail_with(text: str) -> None:
    try:
        int(text)
    except ValueError:
        LOGGER.debug("the reason follows", exc_info=True)


@pytest.mark.parametrize(
    "form", [KEY, KEY[2:], base64.b64encode(KEY.encode()).decode(), PASSWORD, "planted%20password"]
)
def test_no_form_of_a_registered_secret_is_shown_in_a_message_or_a_traceback(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOPRD_LOG", "debug")
    logs.configure_logging()
    logs.conceal(SecretStr(KEY), PASSWORD, None)
    LOGGER.info("signed with %s", form)
    fail_with(f"{form} is wrong")
    shown = capsys.readouterr().err
    assert "signed with [secret]" in shown
    assert "[secret] is wrong" in shown
    assert form not in shown


def test_a_text_of_less_than_four_characters_is_not_registered() -> None:
    logs.conceal("abc", "")
    assert logs.redact("abcd") == "abcd"


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
