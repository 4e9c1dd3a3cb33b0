"""Reads a stack's settings, outputs and resources through the pulumi CLI, so that commands see what `pulumi up` sees.

No secret is an argument or is printed: the CLI decrypts to a pipe, and only its error messages are shown.
"""

import argparse
import json
import logging
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ValidationError

from config.errors import HoprdError
from config.models.settings import Settings
from config.models.stack_file import NAMESPACE
from config.stack_state import StackExport, StackOutputs
from config.validation.parse import decode, parse
from identity.secrets.environment import without_own_secrets

_log = logging.getLogger(__name__)

_TIMEOUT_S = 120
_PREFIX = f"{NAMESPACE}:"
_Model = TypeVar("_Model", bound=BaseModel)


class StackUnreadable(HoprdError):
    """The pulumi CLI is missing or fails, or the stack does not exist."""


@dataclass(frozen=True)
class StackLocation:
    """A stack's name, its project's folder, and its configuration file unless that is the default one."""

    stack: str
    folder: Path
    config_file: Path | None = None

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        """Add the arguments that select a stack."""
        parser.add_argument("--stack", required=True, metavar="S", help="the stack's name, as for pulumi")
        parser.add_argument(
            "--config-file", type=Path, metavar="F", help="the stack's configuration file; default: Pulumi.S.yaml"
        )
        parser.add_argument(
            "--cwd",
            type=Path,
            default=Path(),
            metavar="DIR",
            help="the folder of Pulumi.yaml; default: the current one",
        )

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """Return the stack that the arguments select; a configuration file is relative to the current folder."""
        file: Path | None = options.config_file
        return cls(options.stack, options.cwd.absolute(), file.absolute() if file else None)

    @property
    def name(self) -> str:
        """The stack's name without organization and project."""
        return self.stack.rpartition("/")[2]

    def settings(self) -> Settings:
        """Return the stack's settings; raises StackUnreadable, or ConfigurationError with all problems."""
        if self.config_file and not self.config_file.is_file():
            raise StackUnreadable(f"--config-file: there is no file {self.config_file}")
        file = ["--config-file", str(self.config_file)] if self.config_file else []
        values = self._run_pulumi(["config", "--show-secrets", "--json", *file])
        own = {key.removeprefix(_PREFIX): value for key, value in values.items() if key.startswith(_PREFIX)}
        if not own:
            raise StackUnreadable(
                f"stack {self.stack} has no configuration in {self.folder}: set the project's folder with --cwd, or "
                "the file with --config-file"
            )
        secret_sections = [name for name, value in own.items() if value["secret"]]
        return parse(decode({name: value["value"] for name, value in own.items()}), self.name, secret_sections)

    def outputs(self) -> StackOutputs:
        """Return the outputs of the last `pulumi up`, without secret values; empty before the first."""
        return self._read(StackOutputs, ["stack", "output", "--json"])

    def resources(self) -> dict[str, list[dict[str, Any]]]:
        """Return the outputs of each resource in the state, by resource type; secrets stay encrypted."""
        return self._read(StackExport, ["stack", "export"]).outputs_by_type()

    def _read(self, model: type[_Model], arguments: Sequence[str]) -> _Model:
        try:
            return model.model_validate(self._run_pulumi(arguments))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            path = ".".join(map(str, first["loc"]))
            raise StackUnreadable(
                f"`pulumi {' '.join(arguments[:2])}` of stack {self.stack} has an unexpected form at {path} "
                f"({first['msg']}): run `pulumi up` with this version of the program first"
            ) from None

    def _run_pulumi(self, arguments: Sequence[str]) -> dict[str, Any]:
        subcommand = " ".join(word for word in arguments[:2] if not word.startswith("-"))
        command = ["pulumi", *arguments, "--stack", self.stack, "--cwd", str(self.folder), "--non-interactive"]
        _log.debug("running %s", " ".join(command))
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
                env=without_own_secrets(),
            )
        except FileNotFoundError:
            raise StackUnreadable(
                "pulumi is not on PATH: install it, or run this command where `pulumi up` runs"
            ) from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StackUnreadable(
                f"`pulumi {subcommand}` did not finish ({type(error).__name__}): run it manually for stack "
                f"{self.stack} to see the reason, then try again"
            ) from None
        if done.returncode != 0:
            raise StackUnreadable(f"`pulumi {subcommand}` failed for stack {self.stack}: {_first_error(done.stderr)}")
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise StackUnreadable(
                f"`pulumi {subcommand}` did not print JSON: check that `pulumi` has version 3"
            ) from None
        return answer


def _first_error(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines or ["it printed no error"])[0][:300]
