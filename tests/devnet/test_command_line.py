"""Mistakes on the command line, which are reported before anything is built or started."""

import os
import subprocess
from pathlib import Path

import pytest

from devnet.__main__ import main
from devnet.home import CHECKOUT

STACKS = {"dufour", "local", "rotsee"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEVNET_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_misspelt_stack_is_one_line_with_the_stacks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stack", "preview", "typo"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: stack 'typo': there is no ")
    assert error.endswith("the stacks are dufour, local, rotsee\n")
    assert error.count("\n") == 1
    assert not home.exists()


def test_make_preview_of_a_misspelt_stack_builds_and_starts_nothing(home: Path) -> None:
    command = ["make", "--no-print-directory", "preview", "STACK=typo", "PYTHON=/bin/false"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "stack 'typo' does not exist; the stacks are " in done.stderr
    assert set(done.stderr.replace(".", " ").split()) >= STACKS
    assert done.stderr.count("\n") == 1
    assert not home.exists()


def test_an_unknown_log_is_an_error_with_the_logs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "etdc"]) == 1
    assert capsys.readouterr().err == "error: there is no log of 'etdc'; the logs are: none\n"
