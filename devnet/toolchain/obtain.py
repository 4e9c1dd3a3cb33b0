"""Obtain every tool from PATH, the cache, an official download or a build: the first that works, in this order."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from devnet.errors import ToolError
from devnet.toolchain import cache, search_path
from devnet.toolchain.build import build
from devnet.toolchain.catalog import TOOLS, Tool
from devnet.toolchain.download import download


class Progress(Protocol):
    """Receives one call for the tools that are missing, and one for each change of a tool."""

    def missing(self, tools: Sequence[Tool]) -> None:
        """Tools that are neither on PATH nor in the cache, before the first of them is downloaded or built."""

    def began(self, tool: Tool, activity: str) -> None:
        """A step that takes time begins."""

    def ended(self, tool: Tool, origin: str) -> None:
        """The tool is available."""


def obtain(progress: Progress, tools: Iterable[Tool] = TOOLS) -> dict[str, Path]:
    """Return program name -> file for all tools; ToolError names the tool, the reason and the log."""
    tools = list(tools)
    found = {tool.name: _find(tool) for tool in tools}
    if missing := [tool for tool in tools if not found[tool.name]]:
        progress.missing(missing)
    programs: dict[str, Path] = {}
    for tool in tools:
        if available := found[tool.name]:
            origin, files = available
            progress.ended(tool, origin)
            programs.update(files)
        else:
            programs.update(_create(tool, progress))
    return programs


def _find(tool: Tool) -> tuple[str, Mapping[str, Path]] | None:
    """Return where the tool was found, and its programs."""
    if installed := search_path.find(tool):
        return "found on PATH", installed
    cached = cache.find(tool)
    return ("cached", cached) if cached else None


def _create(tool: Tool, progress: Progress) -> Mapping[str, Path]:
    with cache.lock(tool, lambda: progress.began(tool, "another process builds it")):
        origin = "built by another process" if cache.find(tool) else _download_or_build(tool, progress)
    progress.ended(tool, origin)
    created = cache.find(tool)
    if created is None:
        raise ToolError(f"{tool.title}: removed from {cache.root()} right after it was built: try again")
    return created


def _download_or_build(tool: Tool, progress: Progress) -> str:
    log_file = cache.log_file(tool)
    try:
        with cache.work_folder(tool) as work, log_file.open("w") as log:
            if tool.downloads:
                progress.began(tool, "downloading")
                if download(tool, work, log):
                    return "downloaded"
            _require_space(tool)
            progress.began(tool, "building")
            build(tool, work, log)
            return "built"
    except (OSError, subprocess.CalledProcessError) as problem:
        raise ToolError(f"{tool.title} cannot be built: {_reason(problem, log_file)} (log: {log_file})") from problem


def _reason(problem: Exception, log_file: Path) -> str:
    lines = log_file.read_text(errors="replace").splitlines() if log_file.exists() else []
    for line in lines:
        if "no space left on device" in line:
            return f"the disk is full: {line.strip()}"
    if isinstance(problem, subprocess.CalledProcessError):
        printed = [line.strip() for line in lines if line.strip() and not line.startswith("$")]
        return (
            f"`{' '.join(problem.cmd[:3])} …` failed: {printed[-1] if printed else f'exit code {problem.returncode}'}"
        )
    return str(problem)


def _require_space(tool: Tool) -> None:
    free_gb = shutil.disk_usage(cache.root()).free / 1e9
    if free_gb < tool.disk_gb:
        raise ToolError(
            f"{tool.title}: the build needs about {tool.disk_gb:g} GB of disk space, {free_gb:.1f} GB are free "
            f"at {cache.root()}; free some space, or set XDG_CACHE_HOME to a folder on another disk"
        )
