"""Pulumi commands of a fleet, and everything they show: on a terminal, in files, in the list of processes."""

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from testkit.e2e.fleet import Fleet
from testkit.e2e.secrets_of_fleet import read_files

_PAUSE_S = 0.05
_SHOWN = 5000
_PROPERTY = re.compile(
    rb'^\{"time":"[^"]*","level":"INFO","msg":"(?:M|Unm)arshaling property for RPC\[.*"v":9\}$', re.M
)


@dataclass
class Watched:
    """Runs commands on the fleet's stack, and keeps their output in `folder` and `arguments`."""

    fleet: Fleet
    folder: Path
    arguments: set[bytes] = field(default_factory=set)
    """The command lines of all processes that the commands started."""
    _runs: int = 0

    def succeeds(self, operation: str, *arguments: str) -> None:
        """Run a command that must succeed."""
        code, printed = self._run(operation, arguments)
        assert code == 0, printed[-_SHOWN:]

    def fails(self, reported: str, operation: str, *arguments: str) -> None:
        """Run a command that must fail with the program's own error, `reported`."""
        code, printed = self._run(operation, arguments)
        assert code != 0, printed[-_SHOWN:]
        assert reported in printed, printed[-_SHOWN:]
        assert "Exception calling application" not in printed
        assert "Traceback" not in printed

    def shown(self) -> dict[str, bytes]:
        """Return everything so far, by location; without some lines of verbose logs, see `property_lines`."""
        return {
            "the output": _PROPERTY.sub(b"", self._read("stdout", "stderr")),
            "engine events": self._read("events"),
            "temporary files": _PROPERTY.sub(b"", self._read("temporary")),
            "process arguments": b"\n".join(sorted(self.arguments)),
        }

    def property_lines(self) -> bytes:
        """Return the lines in which Pulumi itself logs, at -v=9, each property that it sends or receives, unencrypted.

        They come from its sdk/go/common/resource/plugin/rpc.go; a program or a provider cannot prevent them.
        """
        return b"\n".join(_PROPERTY.findall(self._read("stderr", "temporary")))

    def _run(self, operation: str, arguments: Sequence[str]) -> tuple[int, str]:
        self.fleet.stack.prepare()
        self._runs += 1
        stdout, stderr, events = (self._folder(name) / str(self._runs) for name in ("stdout", "stderr", "events"))
        command = self.fleet.stack.command(operation, ["--non-interactive", "--event-log", str(events), *arguments])
        # PULUMI_DEBUG_COMMANDS enables --event-log.
        own = {"PULUMI_DEBUG_COMMANDS": "true", "TMPDIR": str(self._folder("temporary"))}
        environment = self.fleet.stack.environment() | own
        with stdout.open("wb") as out, stderr.open("wb") as err:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            descendants = _Descendants(process.pid)
            while process.poll() is None:
                self.arguments |= descendants.command_lines()
                time.sleep(_PAUSE_S)
        return process.returncode, stdout.read_text() + stderr.read_text()

    def _read(self, *names: str) -> bytes:
        return read_files(*(self._folder(name) for name in names))

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


class _Descendants:
    """A process and its descendants. It asks for the parent of each process of the machine once: hundreds run."""

    def __init__(self, pid: int) -> None:
        self._seen = {pid}
        self._own = {pid}

    def command_lines(self) -> set[bytes]:
        """Return the present command lines, with a space between the arguments. They change when a process execs."""
        for pid in sorted(set(psutil.pids()) - self._seen):  # parents first: numbers rise
            self._seen.add(pid)
            with contextlib.suppress(psutil.NoSuchProcess):
                if psutil.Process(pid).ppid() in self._own:
                    self._own.add(pid)
        found = set()
        for pid in tuple(self._own):
            try:
                found.add(os.fsencode(" ".join(psutil.Process(pid).cmdline())))
            except psutil.NoSuchProcess:  # it has exited meanwhile
                self._own.discard(pid)
        return found
