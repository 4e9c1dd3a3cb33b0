"""docs/faults.md lists exactly the tests marked `faults`, by name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from devnet.home import CHECKOUT
from testkit.layers import TESTS

FEWEST_CASES = 40
DOCUMENT = CHECKOUT / "docs" / "faults.md"


@pytest.fixture(scope="module")
def cases() -> list[str]:
    """Every case that `pytest -m faults` runs, as `test_name[parameters]`."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "faults", "-p", "no:cacheprovider"]
    # Other files are not imported.
    marked = [file for file in TESTS.rglob("test_*.py") if "mark.faults" in file.read_text()]
    done = subprocess.run(
        [*command, Path(__file__).parent, *marked],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    found = [line.partition(".py::")[2] for line in done.stdout.splitlines() if ".py::" in line]
    return [case for case in found if not case.startswith(("test_every_fault_", "test_there_are_"))]


def test_every_fault_has_a_test_and_every_test_has_a_row(cases: list[str]) -> None:
    tested = {case.partition("[")[0] for case in cases}
    rows = re.findall(r"^\|[^|]+\|[^|]+\| `(test_\w+)` \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == tested


def test_there_are_at_least_forty_fault_cases(cases: list[str]) -> None:
    assert len(cases) >= FEWEST_CASES
