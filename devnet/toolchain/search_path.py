"""Tools that are installed: used from PATH when the version fits."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from devnet.toolchain.catalog import Tool

_VERSION = re.compile(r"(\d+)\.(\d+)\.\d+")


def find(tool: Tool) -> Mapping[str, Path] | None:
    """Return all programs of the tool from PATH; None when one is missing or has a version that does not fit."""
    found = {program: shutil.which(program) for program in tool.programs}
    if not all(found.values()) or not all(_fits(tool, command) for command in tool.version_commands):
        return None
    return {program: Path(path).absolute() for program, path in found.items() if path}


def _fits(tool: Tool, command: Sequence[str]) -> bool:
    try:
        printed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    found, desired = _VERSION.search(printed), _VERSION.search(tool.version)
    if found is None or desired is None or found[1] != desired[1]:
        return False
    return int(found[2]) >= int(desired[2]) if tool.later_minor_fits else found[2] == desired[2]
