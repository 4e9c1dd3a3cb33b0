"""A library raises the recursion limit when it is imported; deeply nested input must not end the process."""

import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
before = sys.getrecursionlimit()
import {module}, identity.submission.typed_transaction
assert sys.getrecursionlimit() == before, sys.getrecursionlimit()
try:
    json.loads("[" * 200_000)
except RecursionError:
    print("refused")
"""


@pytest.mark.parametrize(
    "module", ["identity.provider", "identity.keys_provider", "identity.__main__", "config.load, components.fleet"]
)
def test_deeply_nested_json_is_an_error_and_no_crash(module: str) -> None:
    program = PROGRAM.format(module=module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "refused"), done.stderr[-500:]
