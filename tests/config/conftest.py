"""Fixtures of the configuration's tests."""

from pathlib import Path
from typing import Any

import pytest

from config.__main__ import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `python -m config` with arguments; return its exit code and its lines."""

    def check(*arguments: str | Path) -> tuple[int, list[str]]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert printed.err == ""
        return code, printed.out.splitlines()

    return check
