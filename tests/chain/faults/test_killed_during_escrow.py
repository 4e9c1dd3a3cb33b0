"""SIGKILL while keys are generated and stored in escrow: stored keys are found again, partial files are ignored."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from identity.keys import keyfile
from identity.keys_provider import NodeKeysProvider

PASSWORD = "planted-identity-password"
IDENTITY = "core-1"
TIMEOUT_S = 60
STEPS = {"fsync": "os.fsync", "link": "os.link", "unlink": "pathlib.Path.unlink"}
"""The steps that write a file to escrow, after the temporary file is opened."""
_PROCESSES = multiprocessing.get_context("forkserver")


def provider() -> NodeKeysProvider:
    wallet = {"address": "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69", "identityPassword": PASSWORD}
    configured = NodeKeysProvider()
    configured.configure(ConfigureRequest(Config({"hoprd:wallet": json.dumps(wallet)}, "hoprd")))
    return configured


def inputs(file: Path) -> dict[str, Any]:
    return {
        "identity": IDENTITY,
        "pool": "core",
        "network": "rotsee",
        "source": "random",
        "escrow": {"file": str(file)},
    }


def create_keys(file: Path, step: str, moment: str, sender: Connection) -> None:
    """Generate keys in a process that is killed before or after a step, or once it has sent the address."""
    if step in STEPS:
        owner, _, name = STEPS[step].rpartition(".")
        target: Any = os if owner == "os" else Path
        original = getattr(target, name)

        def fatal(*arguments: Any, **options: Any) -> Any:
            if moment == "after":
                original(*arguments, **options)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(target, name, fatal)
    sender.send(provider().create(inputs(file)).id)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("step", "moment"),
    [(step, moment) for step in STEPS for moment in ("before", "after")] + [("the state is saved", "before")],
)
def test_after_a_kill_during_an_escrow_write_the_next_run_uses_the_keys_in_escrow_or_generates_new_ones(
    tmp_path: Path, step: str, moment: str
) -> None:
    """The chain is not involved: keys are generated before any payment, so lost keys never cost anything."""
    (tmp_path / "escrow").mkdir(mode=0o700)
    file = tmp_path / "escrow" / "stack" / f"{IDENTITY}.id"
    receiver, sender = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=create_keys, args=(file, step, moment, sender), daemon=True)
    process.start()
    sender.close()
    process.join(TIMEOUT_S)
    assert process.exitcode == -signal.SIGKILL
    reported = receiver.recv() if step not in STEPS and receiver.poll() else None
    receiver.close()
    kept = keyfile.read(file.read_text(), PASSWORD).native_address if file.exists() else None
    assert (kept is not None) == (step not in ("fsync",) and (step, moment) != ("link", "before"))
    again = provider().create(inputs(file)).id
    assert again == (kept or again)
    assert reported in (None, again)
    assert keyfile.read(file.read_text(), PASSWORD).native_address == again
    assert provider().create(inputs(file)).id == again
