"""`python -m identity inspect`: the sources of the password, and the output."""

import json
from pathlib import Path

import pytest

from identity.__main__ import main
from identity.commands.inspect import PASSWORD_VARIABLE

FILE = Path(__file__).parent / "data" / "node_1.id"
PEER_ID = "12D3KooWKSzQgdszZzipRVGSRwBcC3etYwjSmqqTqcySn97EGWTm"
ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


@pytest.fixture(autouse=True)
def _no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: pytest.fail("asked for a password"))


def test_the_password_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "e2e-test")
    assert main(["inspect", str(FILE)]) == 0
    assert capsys.readouterr().out.split() == ["peerId", PEER_ID, "nativeAddress", ADDRESS]


def test_the_password_may_come_from_a_file_with_a_newline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    password_file = tmp_path / "password"
    password_file.write_text("e2e-test\n")
    assert main(["inspect", str(FILE), "--password-file", str(password_file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"peerId": PEER_ID, "nativeAddress": ADDRESS, "form": 2}


def test_the_password_is_asked_for_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: "e2e-test")
    assert main(["inspect", str(FILE)]) == 0
    assert PEER_ID in capsys.readouterr().out


def test_without_a_terminal_the_error_names_the_other_ways_to_pass_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["inspect", str(FILE)]) == 1
    said = capsys.readouterr().err
    assert said == f"{FILE}: no password was given: use --password-file or HOPRD_IDENTITY_PASSWORD\n"


def test_there_is_no_argument_for_the_password() -> None:
    with pytest.raises(SystemExit):
        main(["inspect", str(FILE), "--password", "e2e-test"])


@pytest.mark.parametrize("content", ["", "{}", "x" * 10**6, '{"version": 3}'])
def test_a_bad_file_is_one_line_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "planted-password")
    bad = tmp_path / "bad.id"
    bad.write_text(content)
    assert main(["inspect", str(bad)]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "planted-password" not in printed.err + printed.out


def test_a_missing_file_and_a_wrong_password_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong")
    assert main(["inspect", str(FILE)]) == 1
    assert main(["inspect", str(tmp_path / "absent")]) == 1
    printed = capsys.readouterr().err
    assert "password does not decrypt" in printed
    assert "No such file" in printed
