"""Starts anvil for a test run: a bare chain with Gnosis' id and block gas limit, on a free loopback port."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_TIMEOUT_S = 20
GNOSIS_CHAIN_ID = 100
GNOSIS_BLOCK_GAS = 17_000_000


@contextmanager
def running_anvil(binary: Path, log: Path, *arguments: str) -> Iterator[str]:
    """Runs one anvil process and yields its RPC URL; the process ends with the context.

    anvil picks the port itself (`--port 0`), so that parallel test workers never race for one.
    """
    command = [
        str(binary),
        "--port=0",
        f"--chain-id={GNOSIS_CHAIN_ID}",
        f"--gas-limit={GNOSIS_BLOCK_GAS}",
        "--enable-tx-gas-limit",
    ]
    with log.open("w") as output:
        process = subprocess.Popen([*command, *arguments], stdout=output, stderr=subprocess.STDOUT)
    try:
        yield f"http://{_listening_address(process, log)}"
    finally:
        process.terminate()
        process.wait()


def _listening_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        found = re.search(r"Listening on (127\.0\.0\.1:\d+)", log.read_text())
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"anvil did not start within {START_TIMEOUT_S} s; it said:\n{log.read_text()}")
