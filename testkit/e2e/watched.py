"""Pulumi commands of a fleet, and all that they show: on a terminal, in files, in the list of processes."""

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testkit.e2e.fleet import Fleet
from testkit.e2e.processes import arguments_of, started_by
from testkit.e2e.secrets_of_fleet import read_files

_PAUSE_S = 0.05
_SHOWN = 5000
_PROPERTY = re.compile(
    rb'^\{"time":"[^"]*","level":"INFO","msg":"(?:M|Unm)arshaling property for RPC\[.*"v":9\}$', re.M
)


@dataclass
class Watched:
    """Runs commands on the fleet's stack; what they show is in `folder` and `arguments`."""

    fleet: Fleet
    folder: Path
    arguments: set[bytes] = field(default_factory=set)
    """The command lines of all processes that were seen."""
    _runs: int = 0

    def succeeds(self, operation: str, *arguments: str) -> None:
        """A command that must succeed."""
        code, printed = self._run(operation, arguments)
        assert code == 0, printed[-_SHOWN:]

    def fails(self, reported: str, operation: str, *arguments: str) -> None:
        """A command that must fail and tell why, in the program's own words."""
        code, printed = self._run(operation, arguments)
        assert code != 0, printed[-_SHOWN:]
        assert reported in printed, printed[-_SHOWN:]
        assert "Exception calling application" not in printed
        assert "Traceback" not in printed

    def seen(self) -> dict[str, bytes]:
        """All of it so far, by place. Of verbose logs some lines are left out: see `property_lines`."""
        return {
            "what is printed": _PROPERTY.sub(b"", self._read("stdout", "stderr")),
            "engine events": self._read("events"),
            "temporary files": _PROPERTY.sub(b"", self._read("temporary")),
            "process arguments": b"\n".join(sorted(self.arguments)),
        }

    def property_lines(self) -> bytes:
        """Where Pulumi itself writes, at -v=9, each property that it sends or gets, secrets in clear.

        They are from its sdk/go/common/resource/plugin/rpc.go; no program and no provider has a say in them.
        """
        return b"\n".join(_PROPERTY.findall(self._read("stderr", "temporary")))

    def _run(self, operation: str, arguments: Sequence[str]) -> tuple[int, str]:
        self.fleet.stack.prepare()
        self._runs += 1
        stdout, stderr, events = (self._folder(name) / str(self._runs) for name in ("stdout", "stderr", "events"))
        command = self.fleet.stack.command(operation, ["--non-interactive", "--event-log", str(events), *arguments])
        own = {"PULUMI_DEBUG_COMMANDS": "true", "TMPDIR": str(self._folder("temporary"))}  # without: no --event-log
        environment = self.fleet.stack.environment() | own
        with stdout.open("wb") as out, stderr.open("wb") as err:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            while process.poll() is None:
                self.arguments |= {arguments_of(pid) for pid in (process.pid, *started_by(process.pid))}
                time.sleep(_PAUSE_S)
        return process.returncode, stdout.read_text() + stderr.read_text()

    def _read(self, *names: str) -> bytes:
        return read_files(*(self._folder(name) for name in names))

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
