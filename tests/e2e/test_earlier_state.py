"""A stack of version 0.1.0 (commit 1863e65): its state, its configuration and its chain, right after `pulumi up`.

The file is the evidence that resource types, URNs, inputs and outputs stay compatible. Never generate it again from a
later version of the program; add another file for another release.
"""

import base64
import json
import lzma
import subprocess
from pathlib import Path

import pytest

from devnet.home import CHECKOUT, Choices, Home
from devnet.info import DevnetInfo
from devnet.stack import Stack
from testkit.chain.anvil_process import running_anvil

STACK_OF_0_1 = Path(__file__).parent / "data" / "stack_of_0.1.json.xz"
RESOURCES = 93
OPERATIONS = ("same", "create", "update", "delete", "read", "refresh")
CUSTOM_RESOURCES = ("IdentityPool", "IdentityHoprd", "ClusterHoprd", "Hoprd")


@pytest.mark.e2e
def test_an_upgrade_from_release_0_1_replaces_nothing_deletes_no_object_and_sends_nothing(
    devnet_home: Home, devnet: DevnetInfo, tmp_path: Path
) -> None:
    earlier = json.loads(lzma.decompress(STACK_OF_0_1.read_bytes()))
    chain = tmp_path / "chain.json"
    chain.write_text(earlier["chain"])
    with running_anvil(devnet.program("anvil"), tmp_path / "anvil.log", f"--load-state={chain}") as rpc_url:
        values = {
            "@RPC_URL@": rpc_url,
            "@RPC_URL_BASE64@": base64.b64encode(rpc_url.encode()).decode(),
            "@KUBECONFIG@": str(devnet_home.kubeconfig),
        }

        def written(name: str, key: str) -> Path:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            text = earlier[key]
            for placeholder, value in values.items():
                text = text.replace(placeholder, value)
            file.write_text(text)
            return file

        written("backend/.pulumi/stacks/hoprd/local.json", "stack")
        (tmp_path / "backend/.pulumi/meta.yaml").write_text("version: 1\n")
        configuration, passphrase = written("Pulumi.local.yaml", "configuration"), written("passphrase", "passphrase")
        stack = Stack(devnet_home, devnet, devnet_home.choices() or Choices(), "local", configuration)
        environment = {
            **stack.environment(),
            "PULUMI_BACKEND_URL": f"file://{tmp_path}/backend",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        }
        command = [
            *(str(devnet.program("pulumi")), "preview", "--json", "--non-interactive"),
            *("--stack", "local", "--cwd", str(CHECKOUT), "--config-file", str(configuration)),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    preview = json.loads(done.stdout)
    steps: dict[str, set[str]] = {operation: set() for operation in OPERATIONS}
    for step in preview["steps"]:
        steps[step["op"]].add(kind_of(step["urn"]))  # KeyError: a replacement
    assert steps["delete"] <= {f"{kind}Patch" for kind in CUSTOM_RESOURCES}, (
        "only Pulumi's patches, which are no objects"
    )
    assert steps["create"] == {"Presence", "FleetFinalizers", "FleetStatus"}
    assert steps["update"].isdisjoint({"NodeKeys", "PoolOnChain", "Namespace", "PersistentVolumeClaim"})
    assert {"NodeKeys", "PoolOnChain"} <= steps["same"]
    assert sum(preview["changeSummary"].values()) - preview["changeSummary"]["create"] == RESOURCES
    assert any("Nothing to send." in one["message"] for one in preview["diagnostics"])


def kind_of(urn: str) -> str:
    """The last part of the type: `…::hoprd:index:Hoprd$kubernetes:apps/v1:Deployment::name` is a Deployment."""
    return urn.rpartition("::")[0].rpartition(":")[2]
