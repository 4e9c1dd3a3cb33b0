"""A library raises the recursion limit when it is imported; deeply nested input must not end the process."""

import subprocess
import sys

# A new process: py_ecc raises the limit only when it is first imported, and one module of the program imports it.
PROGRAM = """
import json, sys
before = sys.getrecursionlimit()
import identity.__main__, identity.keys_provider, identity.provider, config.load, components.fleet
assert "py_ecc" not in sys.modules
assert sys.getrecursionlimit() == before, sys.getrecursionlimit()
import identity.submission.typed_transaction
assert "py_ecc" in sys.modules
assert sys.getrecursionlimit() == before, sys.getrecursionlimit()
try:
    json.loads("[" * 200_000)
except RecursionError:
    print("refused")
"""


def test_deeply_nested_json_is_an_error_and_no_crash() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "refused"), done.stderr[-500:]
