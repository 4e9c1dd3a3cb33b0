"""Which kubernetes provider the engine runs: a file of the user's, else the official plugin, else our stand-in."""

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from devnet.errors import DevnetError
from devnet.home import CHECKOUT, Home
from devnet.toolchain import cache
from devnet.toolchain.download import answers

VERSION = "4.34.2"
VARIABLE = "DEVNET_KUBERNETES_PLUGIN"
STAND_IN = CHECKOUT / "standin" / "pulumi-resource-kubernetes"
_FOLDER = f"resource-kubernetes-v{VERSION}"
_PROGRAM = "pulumi-resource-kubernetes"
_HOST = "get.pulumi.com"


@dataclass(frozen=True)
class Provider:
    """What is in use: `file`, `official` or `stand-in`, and where it comes from."""

    kind: str
    source: str


def choose(pulumi: Path) -> Provider:
    """The file that DEVNET_KUBERNETES_PLUGIN names, the official plugin (kept in the tool cache), or the stand-in."""
    if desired := os.environ.get(VARIABLE):
        file = Path(desired).absolute()
        if not os.access(file, os.X_OK) or file.is_dir():
            raise DevnetError(f"{VARIABLE}: {desired} is not an executable file; name the binary {_PROGRAM} v{VERSION}")
        return Provider("file", str(file))
    official = cache.root() / "pulumi-plugins" / "plugins" / _FOLDER / _PROGRAM
    if not official.exists() and answers(_HOST):
        _download_official(pulumi)
    return Provider("official", str(official)) if official.exists() else Provider("stand-in", str(STAND_IN))


def install(home: Home, provider: Provider) -> None:
    """Put it where the engine of this home looks for version 4.34.2, and nothing else.

    The engine takes a plugin folder as it is when it holds the program and no `.partial` file lies beside it.
    """
    target = _installed(home)
    shutil.rmtree(target.parent, ignore_errors=True)
    target.parent.mkdir(parents=True)
    if provider.kind == "stand-in":
        # It needs the packages of this virtualenv, whatever `python3` means where the engine starts it.
        bin_folder = shlex.quote(str(Path(sys.executable).parent))
        target.write_text(f'#!/bin/sh\nPATH={bin_folder}:"$PATH" exec {shlex.quote(provider.source)} "$@"\n')
    else:
        shutil.copy2(provider.source, target)
    target.chmod(0o755)


def bring_up_to_date(home: Home, installed: Provider, pulumi: Path) -> Provider:
    """Install another one where DEVNET_KUBERNETES_PLUGIN or its file changed; returns the one then in use."""
    if VARIABLE not in os.environ and installed.kind != "file":
        return installed
    desired = choose(pulumi)
    if desired != installed or _differs(Path(desired.source), _installed(home)):
        install(home, desired)
    return desired


def _installed(home: Home) -> Path:
    return home.pulumi / "plugins" / _FOLDER / _PROGRAM


def _differs(source: Path, copy: Path) -> bool:
    before, now = copy.stat(), source.stat()
    return (before.st_size, before.st_mtime) != (now.st_size, now.st_mtime)


def _download_official(pulumi: Path) -> None:
    """Try it; where it fails the stand-in is used, and `status` says so."""
    environment = {**os.environ, "PULUMI_HOME": str(cache.root() / "pulumi-plugins"), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    command = [str(pulumi), "plugin", "install", "resource", "kubernetes", VERSION]
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
