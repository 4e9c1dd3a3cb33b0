"""What a unit test must not do: build or download a tool, start one, start devnet, or use the network."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from devnet.api import Devnet
from devnet.toolchain import obtain
from devnet.toolchain.catalog import TOOLS, Tool

BUILDERS = frozenset({"go", "npm", "npx", "node", "uv", "pip", "curl", "docker"})
FORBIDDEN = BUILDERS | {program for tool in TOOLS for program in tool.programs}


class NotAUnitTestError(BaseException):
    """A unit test did something that belongs to another layer. A BaseException, so that no code under test hides it."""


def install(monkeypatch: pytest.MonkeyPatch, stubs: Path) -> None:
    """Make the forbidden actions fail until the patch ends. Programs below `stubs` are the tests' own and may run."""
    _forbid_tools(monkeypatch)
    _forbid_programs(monkeypatch, stubs)
    _forbid_network(monkeypatch)
    monkeypatch.setattr(Devnet, "up", lambda *_: _refuse("starts devnet"))


def _refuse(action: str) -> NoReturn:
    raise NotAUnitTestError(f"a unit test {action}; move it to a folder of another layer (testkit/layers.py)")


def _forbid_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    original = obtain._find

    def find(tool: Tool) -> tuple[str, Mapping[str, Path]] | None:
        if tool in TOOLS:
            _refuse(f"obtains {tool.title}")
        return original(tool)

    monkeypatch.setattr(obtain, "_find", find)


def _forbid_programs(monkeypatch: pytest.MonkeyPatch, stubs: Path) -> None:
    original = subprocess.Popen.__init__

    def start(self: subprocess.Popen[Any], args: Any, *rest: Any, **options: Any) -> None:
        program = args if isinstance(args, str | Path) else args[0]
        found = shutil.which(program, path=(options.get("env") or {}).get("PATH"))
        if found and Path(found).name in FORBIDDEN and not Path(found).is_relative_to(stubs):
            _refuse(f"starts {found}")
        original(self, args, *rest, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", start)


def _forbid_network(monkeypatch: pytest.MonkeyPatch) -> None:
    original = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
            _refuse(f"connects to {address[0]}")
        original(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
