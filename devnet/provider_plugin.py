"""Choose the engine's kubernetes provider: a file of the user, else the official plugin, else the stand-in provider."""

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
from devnet.toolchain.download import accepts_connections

VERSION = "4.34.2"
VARIABLE = "DEVNET_KUBERNETES_PLUGIN"
STAND_IN = CHECKOUT / "standin" / "pulumi-resource-kubernetes"
_FOLDER = f"resource-kubernetes-v{VERSION}"
_PROGRAM = "pulumi-resource-kubernetes"
_HOST = "get.pulumi.com"


@dataclass(frozen=True)
class Provider:
    """A kind (`file`, `official` or `stand-in`), and the file that it is installed from."""

    kind: str
    source: str


def choose(pulumi: Path) -> Provider:
    """Return the file of DEVNET_KUBERNETES_PLUGIN, the official plugin (in the tool cache), or the stand-in."""
    if desired := os.environ.get(VARIABLE):
        file = Path(desired).absolute()
        if not os.access(file, os.X_OK) or file.is_dir():
            raise DevnetError(
                f"{VARIABLE}: {desired} is not an executable file; set it to the path of {_PROGRAM} v{VERSION}"
            )
        return Provider("file", str(file))
    official = cache.root() / "pulumi-plugins" / "plugins" / _FOLDER / _PROGRAM
    if not official.exists() and accepts_connections(_HOST):
        _download_official(pulumi)
    return Provider("official", str(official)) if official.exists() else Provider("stand-in", str(STAND_IN))


def install(home: Home, provider: Provider) -> None:
    """Install it as the only kubernetes plugin of this home's engine.

    The engine uses a plugin folder that contains the program and has no `.partial` file next to it.
    """
    target = _installed(home)
    shutil.rmtree(target.parent, ignore_errors=True)
    target.parent.mkdir(parents=True)
    if provider.kind == "stand-in":
        # It needs the packages of this virtualenv, whichever `python3` is on the PATH of the engine.
        bin_folder = shlex.quote(str(Path(sys.executable).parent))
        target.write_text(f'#!/bin/sh\nPATH={bin_folder}:"$PATH" exec {shlex.quote(provider.source)} "$@"\n')
    else:
        shutil.copy2(provider.source, target)
    target.chmod(0o755)


def bring_up_to_date(home: Home, installed: Provider, pulumi: Path) -> Provider:
    """Install another provider when DEVNET_KUBERNETES_PLUGIN or the source changed; return the provider in use."""
    if VARIABLE not in os.environ and installed.kind != "file" and Path(installed.source).exists():
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
    """Try to download it; without it devnet uses the stand-in provider, and `status` shows that."""
    environment = {**os.environ, "PULUMI_HOME": str(cache.root() / "pulumi-plugins"), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    command = [str(pulumi), "plugin", "install", "resource", "kubernetes", VERSION]
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
