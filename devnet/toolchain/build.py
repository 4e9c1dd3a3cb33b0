"""Build tools from package registries: Go modules and npm packages, pinned by go.sum and package-lock.json."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from devnet.errors import ToolError
from devnet.toolchain.catalog import FOLDER, GoBuild, GoFiles, GoInstall, NpmPrograms, Step, Tool, fill

_OLDEST_GO = (1, 26)
_WITHOUT_SYMBOLS = "-s -w"  # smaller files


def build(tool: Tool, destination: Path, log: IO[str]) -> None:
    """Run each step of the tool; raise CalledProcessError when one fails, with the reason in the log."""
    _require_builders(tool)
    for step in tool.steps:
        _run_step(step, destination, log)


def _run_step(step: Step, destination: Path, log: IO[str]) -> None:
    match step:
        case GoBuild():
            flags = " ".join([_WITHOUT_SYMBOLS, *(f"-X {value}" for value in step.set_strings)])
            command = ["go", "build", "-o", f"{destination}/", "-ldflags", flags, *step.packages]
            _run(command, log, FOLDER / step.module, {"CGO_ENABLED": "0"})
            if step.renamed:
                (destination / step.renamed[0]).rename(destination / step.renamed[1])
        case GoInstall():
            settings = {"CGO_ENABLED": "0", "GOBIN": str(destination), "GOFLAGS": "-mod=mod"}
            _run(["go", "install", "-ldflags", _WITHOUT_SYMBOLS, step.package], log, destination, settings)
        case GoFiles():
            _run(["go", "mod", "download", step.package], log, FOLDER / step.module)
            listed = ["go", "list", "-m", "-f", "{{.Dir}}", step.package]
            module = subprocess.run(
                listed, cwd=FOLDER / step.module, capture_output=True, text=True, check=True
            ).stdout.strip()
            for file in step.files:
                _copy_program(Path(module) / file, destination)
        case NpmPrograms():
            work = destination / "npm"
            shutil.copytree(FOLDER / "npm", work, ignore=shutil.ignore_patterns("node_modules"))
            _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], log, work)
            for file in step.files:
                _copy_program(work / "node_modules" / fill(file), destination)
            shutil.rmtree(work)


def _copy_program(source: Path, destination: Path) -> None:
    target = destination / source.name
    shutil.copyfile(source, target)
    target.chmod(0o755)


def _run(command: Sequence[str], log: IO[str], folder: Path, settings: Mapping[str, str] | None = None) -> None:
    print("$", *command, file=log, flush=True)
    environment = {**os.environ, **(settings or {})}
    subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)


def _require_builders(tool: Tool) -> None:
    from_npm = any(isinstance(step, NpmPrograms) for step in tool.steps)
    for program in ("npm", "node") if from_npm else ("go",):
        if shutil.which(program) is None:
            desired = "Node.js 20" if from_npm else f"Go {_OLDEST_GO[0]}.{_OLDEST_GO[1]}"
            raise ToolError(
                f"{tool.title}: the build needs `{program}`, which is not on PATH. "
                f"Install {desired} or newer, or put {tool.title} on PATH"
            )
    if not from_npm:
        _require_go(tool)


def _require_go(tool: Tool) -> None:
    printed = subprocess.run(["go", "version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"go(\d+)\.(\d+)", printed)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST_GO:
        raise ToolError(
            f"{tool.title}: the build needs Go {_OLDEST_GO[0]}.{_OLDEST_GO[1]} or newer, found `{printed.strip()}`"
        )
