"""Compiles devnet/contracts into the cache, once for each state of its sources, and reads the artifacts.

The cache is the folder `contracts-<version>` in the user's cache, with one JSON file for each contract. The version is
a hash of everything that determines the artifacts, so checkouts share a folder exactly when their artifacts are equal.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from devnet.errors import ChainContractsError
from devnet.toolchain.cache import user_cache

SOURCES = Path(__file__).parent.parent / "contracts"
INPUTS = ("package.json", "package-lock.json", "compile.mjs", "src/*.sol")
COMPILE_TIMEOUT_S = 300


@dataclass(frozen=True)
class Artifacts:
    """The compiled contracts of one version."""

    version: str
    folder: Path

    def abi(self, contract: str) -> list[dict[str, Any]]:
        return list(self._all[contract]["abi"])

    def creation_code(self, contract: str) -> bytes:
        """Returns the creation code; the caller appends the constructor arguments."""
        return bytes.fromhex(self._all[contract]["bytecode"].removeprefix("0x"))

    @cached_property
    def _all(self) -> dict[str, dict[str, Any]]:
        return {file.stem: json.loads(file.read_text()) for file in self.folder.glob("*.json")}


def current_version() -> str:
    """Returns the version of the sources in this checkout, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in _input_files():
        digest.update(f"{file.relative_to(SOURCES).as_posix()} {file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def artifacts() -> Artifacts:
    """Returns the artifacts of this checkout's sources, compiled now if the cache has none (about 10 s).

    Raises ChainContractsError when Node.js or a package is missing, or a contract does not compile.
    """
    version = current_version()
    folder = user_cache() / f"contracts-{version}"
    if not folder.is_dir():
        _compile_into(folder)
    return Artifacts(version, folder)


def _input_files() -> list[Path]:
    return sorted(file for pattern in INPUTS for file in SOURCES.glob(pattern))


def _compile_into(folder: Path) -> None:
    """Works in a folder next to it and moves the finished artifacts, so that an incomplete folder never exists."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as scratch:
        work = Path(scratch)
        for file in _input_files():
            copy = work / file.relative_to(SOURCES)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, copy)
        # Without peer dependencies: Safe's package has one that nothing here uses.
        _run(
            work,
            "npm",
            "ci",
            "--legacy-peer-deps",
            "--ignore-scripts",
            "--prefer-offline",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        )
        _run(work, "node", "compile.mjs", "artifacts")
        try:
            (work / "artifacts").rename(folder)
        except OSError:
            # Another process was faster: its folder has the same content.
            if not folder.is_dir():
                raise


def _run(folder: Path, *command: str) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, text=True, capture_output=True, timeout=COMPILE_TIMEOUT_S)
    except FileNotFoundError as error:
        raise ChainContractsError(
            f"{command[0]} is not on PATH; the development chain's contracts need Node.js 20 or later"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ChainContractsError(f"'{' '.join(command)}' did not finish within {COMPILE_TIMEOUT_S} s") from error
    except subprocess.CalledProcessError as error:
        printed = (error.stderr or error.stdout).strip()
        raise ChainContractsError(f"devnet/contracts: '{' '.join(command)}' failed:\n{printed}") from error
