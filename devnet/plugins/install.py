"""Put the stand-in provider where the engine looks for plugins: `python -m devnet.plugins.install PULUMI_HOME`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from .resource_provider import VERSION

_EXECUTABLE = "pulumi-resource-kubernetes"


def plugin_folder(pulumi_home: Path) -> Path:
    """Where the engine expects the kubernetes plugin of this version."""
    return pulumi_home / "plugins" / f"resource-kubernetes-v{VERSION}"


def install(plugin_dir: Path) -> Path:
    """Write the launcher into the plugin's folder and return it.

    It names the interpreter that runs this very code, so it works whatever comes first on PATH, and `-I` keeps the
    user's Python settings out.
    """
    plugin_dir.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).resolve().with_name(_EXECUTABLE)
    launcher = plugin_dir / _EXECUTABLE
    command = f"exec {shlex.quote(sys.executable)} -I {shlex.quote(str(script))}"
    launcher.write_text(f'#!/bin/sh\n{command} "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    return launcher


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m devnet.plugins.install PULUMI_HOME")
    sys.stdout.write(f"{install(plugin_folder(Path(sys.argv[1])))}\n")
