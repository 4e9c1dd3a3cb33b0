"""Another process that provisions or decommissions a pool, for tests that kill it, stop it or orphan it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from config.models.chain import ChainSettings
from identity.chain.client import ChainClient
from identity.decommission.execute import decommission
from identity.errors import IdentityError
from identity.evm.calls import Signers
from identity.observation.desired import DesiredPool
from identity.provisioning.apply import apply
from identity.secrets.signers import LocalSigner
from identity.submission.journal import Journal
from testkit.chain.decommissioned_pool import node_signer
from testkit.chain.pool_on_chain import PoolOnChain

TIMEOUT_S = 60
# The fork server has imported the program already, so that a new process starts in less than a second.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class ProcessTask:
    """The task of the process, and the journal entry at which it is killed, if any."""

    rpc_url: str
    desired: DesiredPool
    key: bytes = field(repr=False)
    journal: Path
    previous_key: bytes | None = field(default=None, repr=False)
    decommissions: bool = False
    killed_at_entry: int | None = None
    killed_within_entry: bool = False

    @classmethod
    def of(cls, pool: PoolOnChain, rpc_url: str, journal: Path, **changes: Any) -> ProcessTask:
        return cls(rpc_url, pool.desired, bytes(pool.chain.wallet.key), journal, **changes)


class KillingJournal(Journal):
    """Kill the process at the n-th entry (from 0): before the line is written, or after half of it."""

    def __init__(self, task: ProcessTask) -> None:
        super().__init__(task.desired.network.chain_id, task.desired.wallet, task.journal)
        self._task = task
        self._entries_written = 0

    def _append(self, entry: dict[str, Any]) -> None:
        if self._entries_written == self._task.killed_at_entry:
            if self._task.killed_within_entry:
                with self._file.open("a") as journal:
                    journal.write('\n{"hash": "0x12')
            os.kill(os.getpid(), signal.SIGKILL)
        self._entries_written += 1
        super()._append(entry)


@dataclass
class RunningProcess:
    """A running process."""

    process: BaseProcess
    reports: Connection
    lines: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    def next_report(self) -> str:
        """Wait for the next line that it reports."""
        assert self.reports.poll(TIMEOUT_S), "the process reports nothing"
        self.lines.append(self.reports.recv())
        return self.lines[-1]

    def kill(self) -> None:
        """End it with SIGKILL and wait until it is gone; from any thread."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        assert wait([self.process.sentinel], TIMEOUT_S)

    def wait_for_outcome(self) -> str:
        """Wait for its end: '' after success, 'killed', or the name and text of the error."""
        self.process.join(TIMEOUT_S)
        assert self.process.exitcode is not None, "the process is still running"
        while self.reports.poll():
            try:
                self.lines.append(self.reports.recv())
            except EOFError:
                break
        if self.process.exitcode == -signal.SIGKILL:
            return "killed"
        return self.lines[-1] if self.process.exitcode else ""


@contextmanager
def running(task: ProcessTask) -> Iterator[RunningProcess]:
    """Start the process, and kill it at the end of the context if it is still running."""
    receiver, sender = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_execute, args=(task, sender), daemon=True)
    process.start()
    sender.close()
    run = RunningProcess(process, receiver)
    try:
        yield run
    finally:
        run.kill()
        receiver.close()


def _execute(task: ProcessTask, sender: Connection) -> None:
    """Run the task; the last line reports the error that ends it."""
    previous = LocalSigner(task.previous_key) if task.previous_key else None
    signers = Signers(LocalSigner(task.key), previous, node_signer)
    chain_settings = ChainSettings(rpc_url=SecretStr(task.rpc_url), confirmations=1, block_time_s=0)
    client = ChainClient(task.rpc_url, timeout_s=5, patience_s=5)
    work = decommission if task.decommissions else apply
    try:
        work(client, lambda: signers, task.desired, chain_settings, journal=KillingJournal(task), report=sender.send)
    except IdentityError as error:
        sender.send(f"{type(error).__name__}: {error}")
        raise SystemExit(1) from None
