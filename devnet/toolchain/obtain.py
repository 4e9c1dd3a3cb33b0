"""Get every tool: PATH, cache, official download, build, in that order; the first that works is taken."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from devnet.errors import ToolError
from devnet.toolchain import cache, search_path
from devnet.toolchain.build import build
from devnet.toolchain.catalog import TOOLS, Tool
from devnet.toolchain.download import download


class Progress(Protocol):
    """Who is told how it goes; one call for each change of a tool."""

    def began(self, tool: Tool, doing: str) -> None:
        """Something that takes time begins."""

    def ended(self, tool: Tool, how: str) -> None:
        """The tool is there, and where from."""


def obtain(progress: Progress, tools: Iterable[Tool] = TOOLS) -> dict[str, Path]:
    """Program name to file for all tools; ToolError names the tool, the reason and the log."""
    programs: dict[str, Path] = {}
    for tool in tools:
        programs.update(_obtain(tool, progress))
    return programs


def _obtain(tool: Tool, progress: Progress) -> Mapping[str, Path]:
    if installed := search_path.find(tool):
        progress.ended(tool, "found on PATH")
        return installed
    if cached := cache.find(tool):
        progress.ended(tool, "cached")
        return cached
    with cache.lock(tool, lambda: progress.began(tool, "another process builds it")):
        how = "built by another process" if cache.find(tool) else _make(tool, progress)
    progress.ended(tool, how)
    made = cache.find(tool)
    if made is None:
        raise ToolError(f"{tool.title} vanished from {cache.root()} while it was looked at: try again")
    return made


def _make(tool: Tool, progress: Progress) -> str:
    log_file = cache.log_file(tool)
    try:
        with cache.making(tool) as work, log_file.open("w") as log:
            if tool.downloads:
                progress.began(tool, "downloading")
                if download(tool, work, log):
                    return "downloaded"
            _require_space(tool)
            progress.began(tool, "building")
            build(tool, work, log)
            return "built"
    except (OSError, subprocess.CalledProcessError) as problem:
        raise ToolError(f"{tool.title} could not be made: {_reason(problem, log_file)} (log: {log_file})") from problem


def _reason(problem: Exception, log_file: Path) -> str:
    lines = log_file.read_text(errors="replace").splitlines() if log_file.exists() else []
    for line in lines:
        if "no space left on device" in line:
            return f"the disk is full: {line.strip()}"
    if isinstance(problem, subprocess.CalledProcessError):
        said = [line.strip() for line in lines if line.strip() and not line.startswith("$")]
        return f"`{' '.join(problem.cmd[:3])} …` failed: {said[-1] if said else f'exit code {problem.returncode}'}"
    return str(problem)


def _require_space(tool: Tool) -> None:
    free_gb = shutil.disk_usage(cache.root()).free / 1e9
    if free_gb < tool.disk_gb:
        raise ToolError(
            f"{tool.title}: building it needs about {tool.disk_gb:g} GB of disk, {free_gb:.1f} GB are free "
            f"at {cache.root()}; make room, or set XDG_CACHE_HOME to a folder elsewhere"
        )
