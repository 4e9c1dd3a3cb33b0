"""A stack of version 0.1.0 (commit 1863e65): its state, its configuration and its chain, right after `pulumi up`.

The file is the evidence that resource types, URNs, inputs and outputs stay compatible: an upgrade
replaces nothing and restarts nothing. Never generate it again from a
later version of the program; add another file for another release.
"""

import base64
import json
import lzma
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from devnet.home import CHECKOUT, Choices, Home
from devnet.info import DevnetInfo
from devnet.stack import Stack
from testkit.chain.anvil_process import running_anvil

STACK_OF_0_1 = Path(__file__).parent / "data" / "stack_of_0.1.json.xz"
OPERATIONS = ("same", "create", "update", "delete", "discard")
CUSTOM_RESOURCES = ("IdentityPool", "IdentityHoprd", "ClusterHoprd", "Hoprd")
REGISTERED_NO_MORE = ("Patch", "core/v1:ConfigMap")
"""Ends of the types of 0.1.0 that this release does not register: patches, and port maps that were only read."""

PATCHES = {f"{kind}Patch" for kind in (*CUSTOM_RESOURCES, "ConfigMap")}
FORMER_RIGHTS = {"Role", "RoleBinding"}
"""The rights with which the funding job of 0.1.0 listed the identities; it reads a ConfigMap now."""
ONLY_MARKED = ("PersistentVolumeClaim", "Service", "Ingress", "Secret", "IdentityPool", "IdentityHoprd")
NETWORK = {"provider": "http://127.0.0.1:18545"}
ORACLES = {
    "ticketPriceOracle": "0x037f2075FA2bf4418af8434d98ef559649c926Ac",
    "winningProbabilityOracle": "0xb60ffB0a391f44FC88296D048A689a436548Be58",
}
"""What a network of the user's own needs since 0.1.0. It changes the configuration of the nodes."""


def with_oracles(configuration: Path) -> None:
    """Add the settings that the check of the configuration asks for."""
    content = yaml.safe_load(configuration.read_text())
    network = content["config"]["hoprd:networks"]["local"]
    network.update(NETWORK, contracts={**network["contracts"], **ORACLES})
    configuration.write_text(yaml.safe_dump(content))


def objects_of(exported: dict[str, Any]) -> list[dict[str, Any]]:
    """The kubernetes objects of a state, as its program described them, with the field manager that it used.

    Without owners: the garbage collector would delete children of objects whose uids no longer exist.
    """
    found = []
    for resource in exported["deployment"]["resources"]:
        if resource["type"].startswith("kubernetes:") and not resource["type"].endswith(REGISTERED_NO_MORE):
            inputs = revealed(resource["inputs"])
            metadata = {key: value for key, value in inputs["metadata"].items() if key != "ownerReferences"}
            found.append({**inputs, "metadata": metadata, "manager": resource["outputs"]["__fieldManager"]})
    return found


def revealed(value: Any) -> Any:
    """The plain value of an export with --show-secrets."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return json.loads(value["plaintext"])
        return {key: revealed(item) for key, item in value.items()}
    return [revealed(item) for item in value] if isinstance(value, list) else value


def create(kubectl: list[str], objects: list[dict[str, Any]]) -> None:
    """Create the objects as the provider of 0.1.0 did, definitions and namespace first."""
    # The stacks of other tests have this namespace too, and leave it to be deleted in the background.
    subprocess.run([*kubectl, "delete", "namespace", "hoprd-local", "--ignore-not-found"], check=True)
    first = ("Namespace", "CustomResourceDefinition")
    for one in sorted(objects, key=lambda item: item["kind"] not in first):
        text = json.dumps({key: value for key, value in one.items() if key != "manager"}).replace(
            "x_kubernetes_", "x-kubernetes-"
        )
        apply = ["apply", "--server-side", f"--field-manager={one['manager']}", "--filename=-"]
        done = subprocess.run([*kubectl, *apply], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if one["kind"] == "CustomResourceDefinition":
            subprocess.run(
                [*kubectl, "wait", "--for=condition=Established", "crd", one["metadata"]["name"]], check=True
            )


@pytest.mark.e2e
def test_an_upgrade_from_release_0_1_replaces_nothing_deletes_only_unused_rights_and_sends_nothing(
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
        with_oracles(configuration)
        stack = Stack(devnet_home, devnet, devnet_home.choices() or Choices(), "local", configuration)
        environment = {
            **stack.environment(),
            "PULUMI_BACKEND_URL": f"file://{tmp_path}/backend",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        }

        def pulumi(*arguments: str) -> str:
            command = [str(devnet.program("pulumi")), *arguments, "--stack", "local", "--cwd", str(CHECKOUT)]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        kubectl = [str(devnet.program("kubectl")), f"--kubeconfig={devnet_home.kubeconfig}"]
        create(kubectl, objects_of(json.loads(pulumi("stack", "export", "--show-secrets"))))
        try:
            previewed = json.loads(pulumi("preview", "--json", "--config-file", str(configuration)))
        finally:
            subprocess.run([*kubectl, "delete", "namespace", "hoprd-local"], check=True, capture_output=True)

    steps: dict[str, set[str]] = {operation: set() for operation in OPERATIONS}
    for step in previewed["steps"]:
        steps[step["op"]].add(kind_of(step["urn"]))  # KeyError: a replacement
    assert steps["delete"] - PATCHES == FORMER_RIGHTS, "patches are no objects"
    assert steps["discard"] == {"ConfigMap"}, "0.1.0 read the port maps and did not own them"
    assert steps["create"] == {"Presence", "FleetFinalizers", "FleetStatus", "ConfigMap"}
    created = {step["urn"].rpartition("::")[2] for step in previewed["steps"] if step["op"] == "create"}
    assert "hoprd-core-local-funding-order" in created
    assert steps["update"].isdisjoint({"NodeKeys", "PoolOnChain", "Namespace"})
    assert any("Nothing to send." in one["message"] for one in previewed["diagnostics"])
    for step in previewed["steps"]:
        if step["op"] == "update" and kind_of(step["urn"]) in ONLY_MARKED:
            assert all(path.startswith("metadata.") for path in step["detailedDiff"]), step["urn"]


def kind_of(urn: str) -> str:
    """The last part of the type: `…::hoprd:index:Hoprd$kubernetes:apps/v1:Deployment::name` is a Deployment."""
    return urn.rpartition("::")[0].rpartition(":")[2]
