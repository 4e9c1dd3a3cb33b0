"""Run pulumi on a stack of devnet, with its own home, state and secrets: the user's Pulumi is never touched."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from devnet import stack_configuration
from devnet.errors import DevnetError
from devnet.health import check_health
from devnet.home import CHECKOUT, Choices, Home, write_private
from devnet.info import DevnetInfo

# Commands that run the program take the generated file; commands on the stack itself have no such option.
_RUN_THE_PROGRAM = {"up", "update", "preview", "refresh", "destroy", "import", "watch"}
_ON_THE_STACK = {"init", "output", "export", "history", "rm", "graph"}

_NOT_PASSED_ON = {
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_STACK",
    "PULUMI_CONFIG_PASSPHRASE",  # it would take precedence over the file
    "PYTHONDONTWRITEBYTECODE",  # program and providers would compile their libraries in each run, for seconds
}


@dataclass(frozen=True)
class Stack:
    """One stack on a running devnet. source: the checked-in configuration, usually `Pulumi.<name>.yaml`."""

    home: Home
    info: DevnetInfo
    choices: Choices
    name: str
    source: Path

    @classmethod
    def open(cls, home: Home, name: str, source: Path | None = None) -> "Stack":
        """Raise DevnetError when the stack does not exist or if devnet is not healthy."""
        source = source or CHECKOUT / f"Pulumi.{name}.yaml"
        if not source.exists():
            known = sorted(path.name.split(".")[1] for path in CHECKOUT.glob("Pulumi.*.yaml"))
            raise DevnetError(f"stack {name!r}: there is no {source}; the stacks are {', '.join(known)}")
        health = check_health(home)
        if health.info is None or health.choices is None:
            raise DevnetError("devnet is not up: run `python -m devnet up`")
        if health.problems:
            problems = "; ".join(f"{server} {problem}" for server, problem in health.problems.items())
            raise DevnetError(f"devnet does not work ({problems}): run `python -m devnet up`")
        return cls(home, health.info, health.choices, name, source)

    @property
    def file(self) -> Path:
        """The generated configuration."""
        return self._folder / f"Pulumi.{self.name}.yaml"

    @property
    def namespace(self) -> str:
        """The namespace of its objects in the cluster."""
        platform: dict[str, str] = stack_configuration.read_stack_file(self.file)["config"][
            stack_configuration.PLATFORM
        ]
        return platform["namespace"]

    @property
    def program_folders(self) -> list[Path]:
        """The first folders on PATH: the language host runs the first `python3` that it finds."""
        return [Path(sys.executable).parent, self.info.program("pulumi").parent]

    def environment(self) -> dict[str, str]:
        """Return the environment of pulumi and of everything it starts."""
        own = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
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
        """Return the pulumi command line of an operation on this stack."""
        pulumi = str(self.info.program("pulumi"))
        if operation in _RUN_THE_PROGRAM:
            paths = ["--cwd", str(CHECKOUT), "--config-file", str(self.file)]
            return [pulumi, operation, "--stack", self.name, *paths, *arguments]
        words = ["stack", operation] if operation in _ON_THE_STACK else [operation]
        return [pulumi, *words, "--stack", self.name, "--cwd", str(self._folder), *arguments]

    def prepare(self) -> None:
        """Create the stack on first use, and write its configuration from the source each time."""
        if not self.file.exists():
            self._create()
        for pid in _remove_abandoned_locks(self.home.state, self.name):
            sys.stderr.write(f"stack {self.name}: removed the lock of pulumi (pid {pid}), which was killed\n")
        before = stack_configuration.read_stack_file(self.file)
        source = stack_configuration.read_stack_file(self.source)
        configuration = stack_configuration.adapt_to_devnet(source, before, self.info.rpc_url, self.choices)
        if configuration != before:
            new = self.file.with_suffix(".new")
            new.write_text(stack_configuration.to_yaml(configuration))
            new.replace(self.file)
        for name in stack_configuration.missing_secrets(configuration):
            is_key = name == "privateKey"
            self._set_secret(name, self.home.wallet_key.read_text() if is_key else secrets.token_urlsafe(24))

    def run(self, operation: str, arguments: Sequence[str] = ()) -> int:
        """Run pulumi on this terminal and return its exit code."""
        self.prepare()
        process = subprocess.Popen(self.command(operation, arguments), env=self.environment())
        with _signals_passed_to(process):
            return process.wait()

    def capture(self, operation: str, arguments: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run pulumi and return its output instead of showing it; for programs."""
        self.prepare()
        return self._capture(self.command(operation, arguments))

    def export_to_github_actions(self) -> None:
        """Prepare the checkout and the environment of a workflow for `pulumi/actions`, which runs plain pulumi.

        The action has no input for a configuration file, so the generated file replaces the checked-in one: only where
        GITHUB_ENV and GITHUB_PATH show that this is the temporary checkout of a workflow.
        """
        variables_file, path_file = os.environ.get("GITHUB_ENV"), os.environ.get("GITHUB_PATH")
        if not variables_file or not path_file:
            raise DevnetError(
                "stack configure --github: GITHUB_ENV and GITHUB_PATH are not set; use it in a GitHub workflow only"
            )
        shutil.copyfile(self.file, CHECKOUT / f"Pulumi.{self.name}.yaml")
        variables = {name: value for name, value in self.environment().items() if value != os.environ.get(name)}
        del variables["PATH"]
        with Path(variables_file).open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in variables.items())
        with Path(path_file).open("a") as file:
            # GitHub puts each line in front of the lines before it.
            file.writelines(f"{folder}\n" for folder in reversed(self.program_folders))

    def _create(self) -> None:
        """Run `stack init` next to a small Pulumi.yaml of the same project: it writes its salt into that folder."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        project = stack_configuration.read_stack_file(CHECKOUT / "Pulumi.yaml")["name"]
        (self._folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project, "runtime": "python"}))
        if not self._passphrase.exists():
            write_private(self._passphrase, secrets.token_urlsafe(32))
        pulumi = str(self.info.program("pulumi"))
        self._run_checked(
            [pulumi, "stack", "init", self.name, "--no-select", "--non-interactive", "--cwd", str(self._folder)]
        )

    def _set_secret(self, name: str, value: str) -> None:
        key = f"{stack_configuration.WALLET}.{name}"
        # The value goes through standard input: every user of the machine can read arguments.
        self._run_checked(self.command("config", ["set", "--secret", "--path", key, "--non-interactive"]), value)

    def _run_checked(self, command: Sequence[str], standard_input: str | None = None) -> None:
        done = self._capture(command, standard_input)
        if done.returncode != 0:
            message = done.stderr.strip() or done.stdout.strip()
            raise DevnetError(f"`pulumi {command[1]} {command[2]}` failed: {message}")

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


def _remove_abandoned_locks(state: Path, stack: str) -> list[int]:
    """Remove the locks of processes of this machine that no longer exist, and return their pids.

    pulumi leaves a lock in its file backend when it is killed.
    """
    ended = []
    for lock in (state / ".pulumi" / "locks").glob(f"*/*/{stack}/*.json"):
        try:
            holder = json.loads(lock.read_text())
            pid, host = int(holder["pid"]), holder["hostname"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # pulumi writes or removes it now, or its format is unknown
        if host == socket.gethostname() and not psutil.pid_exists(pid):
            lock.unlink(missing_ok=True)
            ended.append(pid)
    return ended


@contextlib.contextmanager
def _signals_passed_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let pulumi alone handle Ctrl-C, since it needs time to stop, and pass SIGTERM on to it."""
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminate = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, terminate)
