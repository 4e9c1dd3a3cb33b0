"""Run pulumi on a stack of devnet, with a home, state and secrets of its own: the user's Pulumi is never touched."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devnet import health as condition
from devnet import private_file, stack_configuration, stack_lock
from devnet.errors import DevnetError
from devnet.home import CHECKOUT, Choices, Home
from devnet.info import DevnetInfo

# Commands that run the program take the generated file; those on the stack itself have no such option.
_RUN_THE_PROGRAM = {"up", "update", "preview", "refresh", "destroy", "import", "watch"}
_ON_THE_STACK = {"init", "output", "export", "history", "rm", "graph"}


@dataclass(frozen=True)
class Stack:
    """One stack on a running devnet. source: the configuration it is made from, usually `Pulumi.<name>.yaml`."""

    home: Home
    info: DevnetInfo
    choices: Choices
    name: str
    source: Path

    @classmethod
    def open(cls, home: Home, name: str, source: Path | None = None) -> "Stack":
        """DevnetError when devnet does not work or there is no such stack."""
        seen = condition.look(home)
        if seen.info is None or seen.choices is None:
            raise DevnetError("devnet is not up: run `python -m devnet up`")
        if seen.problems:
            problems = "; ".join(f"{server} {problem}" for server, problem in seen.problems.items())
            raise DevnetError(f"devnet does not work ({problems}): run `python -m devnet up`")
        source = source or CHECKOUT / f"Pulumi.{name}.yaml"
        if not source.exists():
            known = sorted(path.name.split(".")[1] for path in CHECKOUT.glob("Pulumi.*.yaml"))
            raise DevnetError(f"stack {name!r}: there is no {source}; stacks are {', '.join(known)}")
        return cls(home, seen.info, seen.choices, name, source)

    @property
    def file(self) -> Path:
        """The generated configuration."""
        return self._folder / f"Pulumi.{self.name}.yaml"

    @property
    def namespace(self) -> str:
        """Where its objects are in the cluster."""
        platform: dict[str, str] = _read(self.file)["config"][stack_configuration.PLATFORM]
        return platform["namespace"]

    @property
    def program_folders(self) -> list[Path]:
        """What comes first on PATH: the language host takes the first `python3` it finds there."""
        return [Path(sys.executable).parent, self.info.program("pulumi").parent]

    def environment(self) -> dict[str, str]:
        """What pulumi and everything it starts run with."""
        own = {name: value for name, value in os.environ.items() if name not in {"PULUMI_ACCESS_TOKEN", "PULUMI_STACK"}}
        own.pop("PULUMI_CONFIG_PASSPHRASE", None)  # it would win over the file
        local = ["127.0.0.1", "localhost", *filter(None, [os.environ.get("NO_PROXY")])]
        return {
            **own,
            "PULUMI_HOME": str(self.home.pulumi),
            "PULUMI_BACKEND_URL": f"file://{self.home.state}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_PYTHON_CMD": sys.executable,
            "KUBECONFIG": str(self.home.kubeconfig),
            "XDG_STATE_HOME": str(self.home.state),
            "NO_PROXY": ",".join(local),
            "no_proxy": ",".join(local),
            "PATH": os.pathsep.join([*map(str, self.program_folders), os.environ.get("PATH", os.defpath)]),
        }

    def command(self, operation: str, arguments: Sequence[str] = ()) -> list[str]:
        """The pulumi command of an operation on this stack."""
        pulumi = str(self.info.program("pulumi"))
        if operation in _RUN_THE_PROGRAM:
            place = ["--cwd", str(CHECKOUT), "--config-file", str(self.file)]
            return [pulumi, operation, "--stack", self.name, *place, *arguments]
        words = ["stack", operation] if operation in _ON_THE_STACK else [operation]
        return [pulumi, *words, "--stack", self.name, "--cwd", str(self._folder), *arguments]

    def prepare(self) -> None:
        """Make the stack on first use, and its configuration anew from the source each time."""
        if not self.file.exists():
            self._create()
        for pid in stack_lock.release_abandoned(self.home.state, self.name):
            sys.stderr.write(f"stack {self.name}: pulumi (pid {pid}) was killed before it ended; its lock is removed\n")
        before = _read(self.file)
        configuration = stack_configuration.on_devnet(_read(self.source), before, self.info.rpc_url, self.choices)
        if configuration != before:
            new = self.file.with_suffix(".new")
            new.write_text(yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True))
            new.replace(self.file)
        for name in stack_configuration.missing_secrets(configuration):
            is_key = name == "privateKey"
            self._set_secret(name, self.home.wallet_key.read_text() if is_key else secrets.token_urlsafe(24))

    def run(self, operation: str, arguments: Sequence[str] = ()) -> int:
        """Run pulumi with this terminal and return its exit code."""
        self.prepare()
        process = subprocess.Popen(self.command(operation, arguments), env=self.environment())
        with _left_to(process):
            return process.wait()

    def capture(self, operation: str, arguments: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run pulumi with nothing shown; for programs."""
        self.prepare()
        return self._capture(self.command(operation, arguments))

    def _create(self) -> None:
        """`stack init` writes its salt beside the Pulumi.yaml it finds: here a small one of the same project."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        project = _read(CHECKOUT / "Pulumi.yaml")["name"]
        (self._folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project, "runtime": "python"}))
        if not self._passphrase.exists():
            private_file.write(self._passphrase, secrets.token_urlsafe(32))
        pulumi = str(self.info.program("pulumi"))
        self._must([pulumi, "stack", "init", self.name, "--no-select", "--non-interactive", "--cwd", str(self._folder)])

    def _set_secret(self, name: str, value: str) -> None:
        key = f"{stack_configuration.WALLET}.{name}"
        # The value goes through standard input: arguments can be read by every user of the machine.
        self._must(self.command("config", ["set", "--secret", "--path", key, "--non-interactive"]), value)

    def _must(self, command: Sequence[str], standard_input: str | None = None) -> None:
        done = self._capture(command, standard_input)
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise DevnetError(f"`pulumi {command[1]} {command[2]}` failed: {said}")

    def _capture(self, command: Sequence[str], standard_input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environment(), input=standard_input or "", capture_output=True, text=True, check=False
        )

    @property
    def _folder(self) -> Path:
        return self.home.root / "stacks"

    @property
    def _passphrase(self) -> Path:
        return self._folder / "passphrase"


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text())
    except yaml.YAMLError as problem:
        raise DevnetError(f"{file} is no YAML: {problem}") from problem
    return content if isinstance(content, dict) else {}


@contextlib.contextmanager
def _left_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave Ctrl-C to pulumi, which winds down in its own time, and pass on a request to end."""
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminate = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, terminate)
