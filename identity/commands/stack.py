"""Settings and outputs of a stack, read through the pulumi CLI: the tools see what `pulumi up` sees.

Nothing secret is an argument or is printed: the CLI decrypts to a pipe, and of what it says only its errors are shown.
"""

import argparse
import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from config.errors import HoprdError
from config.models.settings import Settings
from config.models.stack_file import NAMESPACE
from config.validation.parse import parse, plain

_TIMEOUT_S = 120
_PREFIX = f"{NAMESPACE}:"


class StackUnreadable(HoprdError):
    """The stack's settings or outputs cannot be had: pulumi is missing, or refuses, or knows no such stack."""


@dataclass(frozen=True)
class Place:
    """Where a stack is: its name, the project's folder, and its configuration file where that is another one."""

    stack: str
    folder: Path
    config_file: Path | None = None

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        """The arguments that name a stack."""
        parser.add_argument("--stack", required=True, metavar="S", help="the stack, as for pulumi")
        parser.add_argument(
            "--config-file", type=Path, metavar="F", help="its configuration, where that is not Pulumi.S.yaml"
        )
        parser.add_argument(
            "--cwd", type=Path, default=Path(), metavar="DIR", help="the project's folder, where Pulumi.yaml is"
        )

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """The stack that the arguments name; a configuration file is looked for from where the command runs."""
        file: Path | None = options.config_file
        return cls(options.stack, options.cwd.absolute(), file.absolute() if file else None)

    @property
    def name(self) -> str:
        """The stack's own name, without organization and project."""
        return self.stack.rpartition("/")[2]

    def settings(self) -> Settings:
        """The stack's settings; raises StackUnreadable, or ConfigurationError with every problem in them."""
        if self.config_file and not self.config_file.is_file():
            raise StackUnreadable(f"--config-file: there is no file {self.config_file}")
        file = ["--config-file", str(self.config_file)] if self.config_file else []
        values = self._ask(["config", "--show-secrets", "--json", *file])
        own = {key.removeprefix(_PREFIX): value for key, value in values.items() if key.startswith(_PREFIX)}
        if not own:
            raise StackUnreadable(
                f"stack {self.stack} has no configuration in {self.folder}: give the project's folder with --cwd, or "
                "the file with --config-file"
            )
        secret_sections = [name for name, value in own.items() if value["secret"]]
        return parse({name: plain(value["value"]) for name, value in own.items()}, self.name, secret_sections)

    def outputs(self) -> Mapping[str, Any]:
        """The outputs of the last `pulumi up`, secret ones hidden; empty before the first. Raises StackUnreadable."""
        return self._ask(["stack", "output", "--json"])

    def resources(self) -> dict[str, list[dict[str, Any]]]:
        """What the state has of each resource, by type, secrets encrypted. Raises StackUnreadable."""
        by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in self._ask(["stack", "export"])["deployment"].get("resources") or []:
            if not one.get("delete"):
                by_type[one["type"]].append(one.get("outputs") or {})
        return by_type

    def _ask(self, arguments: Sequence[str]) -> dict[str, Any]:
        words = " ".join(word for word in arguments[:2] if not word.startswith("-"))
        command = ["pulumi", *arguments, "--stack", self.stack, "--cwd", str(self.folder), "--non-interactive"]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except FileNotFoundError:
            raise StackUnreadable("pulumi is not on PATH: install it, or run this where `pulumi up` runs") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StackUnreadable(
                f"`pulumi {words}` did not run ({type(error).__name__}): run it by hand for stack {self.stack} to see "
                "what keeps it, then try again"
            ) from None
        if done.returncode != 0:
            raise StackUnreadable(f"`pulumi {words}` failed for stack {self.stack}: {_first_error(done.stderr)}")
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise StackUnreadable(f"`pulumi {words}` did not answer with JSON: is this pulumi 3?") from None
        return answer


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines or ["it did not say why"])[0][:300]
