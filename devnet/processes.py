"""Start servers that outlive this command, and stop exactly those: never a process that got the pid of one later."""

import contextlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from devnet.home import Home

_POLL_S = 0.02
_KILL_PATIENCE_S = 5.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Server:
    """One server process: its command line and the ports it listens on, by name."""

    name: str
    command: Sequence[str]
    ports: Mapping[str, int]


@dataclass(frozen=True)
class Record:
    """A started process; `birth` distinguishes it from a later process with the same pid."""

    name: str
    pid: int
    birth: str


def start(home: Home, server: Server) -> Record:
    """Start the server in a session of its own, with its output in the log folder, and record it."""
    log = os.open(home.logs / f"{server.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        pid = os.posix_spawn(
            server.command[0],
            list(server.command),
            # Nothing of the caller's environment (keys, proxies, PULUMI_*) reaches the servers.
            {"PATH": os.defpath, "HOME": str(home.root), "TMPDIR": str(home.root)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(log)
    record = Record(server.name, pid, birth(pid) or "")
    _path(home, server.name).write_text(json.dumps(asdict(record)))
    return record


def find(home: Home, name: str) -> Record | None:
    """Return the record of a process, running or not; None when it was never started."""
    try:
        return Record(**json.loads(_path(home, name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def recorded(home: Home) -> list[Record]:
    """Return all records, sorted by name."""
    names = sorted(path.stem for path in home.processes.glob("*.json"))
    return [record for name in names if (record := find(home, name))]


def is_running(record: Record | None) -> bool:
    """Return whether the very process that was recorded still runs."""
    return record is not None and _running(record) is not None


def stop(home: Home, records: Iterable[Record], *, patience_s: float = 5) -> None:
    """Terminate the recorded processes, kill them after `patience_s`, and delete their records."""
    records = list(records)
    for signal, wait_s in ((psutil.Process.terminate, patience_s), (psutil.Process.kill, _KILL_PATIENCE_S)):
        for process in filter(None, map(_running, records)):
            with contextlib.suppress(psutil.NoSuchProcess):  # psutil raises it for a reused pid, too
                signal(process)
        deadline = time.monotonic() + wait_s
        while any(map(is_running, records)) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    for record in records:
        _path(home, record.name).unlink(missing_ok=True)


def birth(pid: int) -> str | None:
    """Return text that no other process shares, now or later; None when there is no such process, or only a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # reaps it when it was a child of this process and has exited
    try:
        return _birth(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return None


def _running(record: Record) -> psutil.Process | None:
    try:
        process = psutil.Process(record.pid)
    except psutil.NoSuchProcess:
        return None
    return process if record.birth and birth(record.pid) == record.birth else None


def _birth(process: psutil.Process) -> str | None:
    # The first thread of a killed process can be a zombie while other threads still run and occupy its ports.
    if process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD} and process.num_threads() <= 1:
        return None
    if not psutil.LINUX:
        return f"{process.create_time():.6f}"
    # Linux counts from the boot. psutil adds the time of the boot, which moves whenever the clock is set.
    ticks = round((process.create_time() - psutil.boot_time()) * os.sysconf("SC_CLK_TCK"))
    return f"{ticks}@{_BOOT_ID.read_text().strip()}"


def _path(home: Home, name: str) -> Path:
    return home.processes / f"{name}.json"
