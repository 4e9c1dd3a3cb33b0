"""A small Pulumi program of a test that the real engine runs on devnet's cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from devnet.home import Home
from devnet.info import DevnetInfo

PASSPHRASE = "test"  # of a temporary state


@dataclass(frozen=True)
class PulumiProject:
    """A project folder with the stack `test` and a state of its own."""

    folder: Path
    home: Home
    pulumi: Path

    @classmethod
    def create(cls, folder: Path, home: Home, devnet: DevnetInfo) -> PulumiProject:
        project = cls(folder, home, devnet.program("pulumi"))
        (folder / "Pulumi.yaml").write_text("name: provider\nruntime: python\n")
        (folder / "state").mkdir()
        project.run("stack", "init", "test")
        return project

    @property
    def state(self) -> str:
        """The content of the stack's state file."""
        return next((self.folder / "state").rglob("stacks/provider/test.json")).read_text()

    def run(self, *arguments: str, program: str = "", succeeds: bool = True) -> str:
        """Run pulumi and return its output; `program` is written to `__main__.py` first."""
        if program:
            (self.folder / "__main__.py").write_text(program)
        command = [str(self.pulumi), *arguments, "--non-interactive", "--color", "never"]
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True, check=False
        )
        printed = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, printed
        return printed

    def _environment(self) -> dict[str, str]:
        folders = [Path(sys.executable).parent, self.pulumi.parent]
        return {
            **os.environ,
            "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
            "PULUMI_HOME": str(self.home.pulumi),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "KUBECONFIG": str(self.home.kubeconfig),
        }
