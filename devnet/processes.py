"""Start servers that outlive this command, and end exactly those: never a process that got the pid of one later."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from devnet.home import Home

_POLL_S = 0.02


@dataclass(frozen=True)
class Server:
    """One server process: what to run and the ports it listens on, by name."""

    name: str
    command: Sequence[str]
    ports: Mapping[str, int]


@dataclass(frozen=True)
class Record:
    """A started process; `birth` tells it from a later process with the same pid."""

    name: str
    pid: int
    birth: str


def start(home: Home, server: Server) -> Record:
    """Start it in a session of its own, with its output in the log folder, and record it."""
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
    """The record of a process, running or not; None where it was never started."""
    try:
        return Record(**json.loads(_path(home, name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def recorded(home: Home) -> list[Record]:
    """All records, by name."""
    names = sorted(path.stem for path in home.processes.glob("*.json"))
    return [record for name in names if (record := find(home, name))]


def is_running(record: Record | None) -> bool:
    """Whether the very process that was recorded still runs."""
    return record is not None and bool(record.birth) and birth(record.pid) == record.birth


def stop(home: Home, records: Iterable[Record], *, patience_s: float = 5) -> None:
    """End the processes and forget them: asked first, killed after `patience_s`; a stranger is never signalled."""
    records = list(records)
    for number, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)):
        for record in filter(is_running, records):
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.pid, number)
        deadline = time.monotonic() + wait_s
        while any(map(is_running, records)) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    for record in records:
        _path(home, record.name).unlink(missing_ok=True)


def birth(pid: int) -> str | None:
    """When a process began, as text that no other process shares; None when there is none (or only a zombie of it)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # collects it when it was our own child and has ended
    try:
        # Field 2, the name, may hold blanks and brackets: count from its end. Field 3 is the state, 22 the start.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return None if Path("/proc/self/stat").exists() else _birth_by_ps(pid)
    # The first thread of a killed process may be a zombie while others wind down and still hold its ports.
    if fields[0] in "ZX" and threads <= 1:
        return None
    return f"{fields[19]}@{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}"


def _birth_by_ps(pid: int) -> str | None:
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def _path(home: Home, name: str) -> Path:
    return home.processes / f"{name}.json"
