"""The real Pulumi engine: the configuration that it passes, and its output for an invalid configuration."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from devnet.toolchain.catalog import TOOLS
from devnet.toolchain.obtain import obtain
from devnet.toolchain.progress import ToolProgress
from testkit.config.sample import PASSWORD, PRIVATE_KEY, SECRETS, WALLET_ADDRESS, changed

CHECKOUT = Path(__file__).parents[2]
_PRINTS_RECEIVED_WALLET = """
import hashlib
from config.load import load_settings_or_exit
wallet = load_settings_or_exit().wallet
print("arrived:", wallet.address, hashlib.sha256(wallet.identity_password.get_secret_value().encode()).hexdigest())
"""


@dataclass(frozen=True)
class Project:
    """A Pulumi project in its own folder, with a file backend and the declared keys of this program."""

    folder: Path
    pulumi: Path

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a pulumi command and return its result, whatever its exit code."""
        programs = [str(Path(sys.executable).parent), str(self.pulumi.parent), os.environ["PATH"]]
        variables = {
            "PATH": os.pathsep.join(programs),
            "PYTHONPATH": str(CHECKOUT),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder}",
            "PULUMI_CONFIG_PASSPHRASE": "of the test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        return subprocess.run(
            [str(self.pulumi), *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**os.environ, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def configure(self, raw: dict[str, Any]) -> None:
        """Write the stack file, and set the secrets with the commands in its comments."""
        secrets = raw.pop("wallet")
        (self.folder / "Pulumi.test.yaml").write_text(
            yaml.safe_dump({"config": {f"hoprd:{key}": value for key, value in raw.items()}})
        )
        assert self.run("stack", "init", "test").returncode == 0
        for key, secret in secrets.items():
            command = ("config", "set", "--stack", "test", "--secret", "--path", f"wallet.{key}")
            assert self.run(*command, stdin=secret).returncode == 0
        assert (self.folder / "Pulumi.test.yaml").read_text().count("secure:") == len(secrets)


@pytest.fixture(scope="module")
def pulumi_program() -> Path:
    with ToolProgress(Console()) as progress:
        return obtain(progress, [tool for tool in TOOLS if tool.name == "pulumi"])["pulumi"]


@pytest.fixture
def project(tmp_path: Path, pulumi_program: Path) -> Project:
    shutil.copy(CHECKOUT / "Pulumi.yaml", tmp_path)
    return Project(tmp_path, pulumi_program)


def test_nested_secrets_arrive_decrypted_and_the_declared_keys_are_accepted(project: Project) -> None:
    (project.folder / "__main__.py").write_text(_PRINTS_RECEIVED_WALLET)
    project.configure(changed({}))
    done = project.run("preview", "--stack", "test")
    digest = subprocess.run(["sha256sum"], input=PASSWORD, capture_output=True, text=True, check=True).stdout.split()[0]
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"arrived: {WALLET_ADDRESS} {digest}" in done.stdout


def test_each_problem_is_one_diagnostic_and_only_the_stack_is_registered(project: Project) -> None:
    (project.folder / "__main__.py").write_text(_PRINTS_RECEIVED_WALLET)
    project.configure(
        changed(
            {
                "network": "rotze",
                "netwrok": "rotsee",
                "pools/core/funding/schedule": "5 * *",
                "clusters/edge/replicas": 9,
                "platform/ingress/dnsDomain": PRIVATE_KEY,
            }
        )
    )
    preview = project.run("preview", "--stack", "test")
    update = project.run("up", "--stack", "test", "--yes", "--skip-preview")
    for done in (preview, update):
        reported = done.stdout + done.stderr
        _, _, diagnostics = reported.partition("Diagnostics:")
        lines = [line.strip() for line in diagnostics.splitlines() if line.strip().startswith("error:")]
        assert done.returncode != 0
        assert [line.split(": ")[1] for line in lines] == [
            "netwrok",
            "platform.ingress.dnsDomain",
            "pools.core.funding.schedule",
            "network",
            "pools.core.size",
        ]
        assert "error: pools.core.funding.schedule: '5 * *' has 3 fields, cron needs 5, e.g. '0 */6 * * *'" in lines
        assert "Traceback" not in reported
        assert "unhandled" not in reported
        assert not [secret for secret in SECRETS if secret in reported]
    state = json.loads(project.run("stack", "export", "--stack", "test").stdout)
    types = [resource["type"] for resource in state["deployment"].get("resources", [])]
    assert set(types) <= {"pulumi:pulumi:Stack"}


def test_the_program_and_not_the_engine_reports_missing_keys(project: Project) -> None:
    (project.folder / "__main__.py").write_text(_PRINTS_RECEIVED_WALLET)
    project.configure({"wallet": changed({})["wallet"]})
    reported = project.run("preview", "--stack", "test").stdout
    assert "is missing configuration value" not in reported
    for path in ("network", "chain.rpcUrl", "platform.namespace", "platform.ingress"):
        assert f"error: {path}: is missing" in reported
