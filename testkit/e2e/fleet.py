"""A stack on devnet, used like an operator does: edit the configuration, run pulumi, read with kubectl and on chain."""

import contextlib
import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devnet.home import CHECKOUT, Choices, Home
from devnet.info import DevnetInfo
from devnet.rpc import Rpc
from devnet.stack import Stack

POOL = "hoprd-core-local"
CLUSTER = "core-local"
CUSTOM_RESOURCES = ("identitypool", "identityhoprd", "clusterhoprd", "hoprd")
IDENTITIES = [f"{POOL}-{number}" for number in range(1, 8)]

Completed = subprocess.CompletedProcess[str]


class PulumiFailedError(AssertionError):
    """A pulumi command failed that should have succeeded; the message is its output."""


@dataclass(frozen=True)
class Fleet:
    """One stack, with a copy of the checked-in configuration that a test may edit."""

    stack: Stack
    info: DevnetInfo

    @classmethod
    def create(cls, home: Home, info: DevnetInfo, folder: Path, name: str = "local", like: str = "local") -> "Fleet":
        """Return the stack `name`, with a copy of the configuration of the stack `like` in `folder`."""
        source = folder / f"Pulumi.{name}.yaml"
        source.write_text((CHECKOUT / f"Pulumi.{like}.yaml").read_text())
        return cls(Stack(home, info, home.choices() or Choices(), name, source), info)

    @property
    def settings(self) -> dict[str, Any]:
        """The current configuration, by key without the project's name."""
        content = yaml.safe_load(self.stack.source.read_text())["config"]
        return {key.removeprefix("hoprd:"): value for key, value in content.items()}

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the configuration for the next pulumi command."""
        settings = self.settings
        change(settings)
        content = {"config": {f"hoprd:{key}": value for key, value in settings.items()}}
        self.stack.source.write_text(yaml.safe_dump(content))

    def restore_configuration(self, configuration: str) -> None:
        """Write this text as the configuration and apply it, unless that is the configuration now.

        Tests that share a fleet call it first, so that none depends on the changes of another one.
        """
        if self.stack.source.read_text() != configuration:
            self.stack.source.write_text(configuration)
            self.must("up")

    def run(self, operation: str, *arguments: str) -> Completed:
        """Run a pulumi command, whatever its exit code; up, refresh and destroy run without confirmation or preview."""
        yes = ["--yes", "--skip-preview"] if operation in {"up", "refresh", "destroy"} else []
        done = self.stack.capture(operation, [*yes, "--non-interactive", *arguments])
        with self.printed.open("a") as file:
            file.write(done.stdout + done.stderr)
        return done

    @property
    def printed(self) -> Path:
        """Everything that pulumi has printed for this fleet."""
        return self.stack.source.with_suffix(".printed")

    def must(self, operation: str, *arguments: str) -> str:
        """Run a pulumi command and return its output; raise PulumiFailedError when it fails."""
        done = self.run(operation, *arguments)
        if done.returncode != 0:
            raise PulumiFailedError(f"pulumi {operation} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, read from its state: `pulumi stack output` takes a second for the same."""
        (root,) = [one for one in self.resources() if one["type"] == "pulumi:pulumi:Stack"]
        outputs: dict[str, Any] = root["outputs"]
        return outputs

    def start(self, operation: str) -> subprocess.Popen[bytes]:
        """Start the command in a process group of its own, without showing its output."""
        self.stack.prepare()
        return subprocess.Popen(
            self.stack.command(operation, ["--yes", "--skip-preview", "--non-interactive"]),
            env=self.stack.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def secret(self, name: str) -> str:
        """Return a secret of the wallet's configuration, decrypted."""
        key = f"hoprd:wallet.{name}"
        return self.stack.capture(
            "config", ["get", "--path", key, "--config-file", str(self.stack.file)]
        ).stdout.strip()

    def set_secret(self, name: str, value: str) -> None:
        """Set a secret of the wallet in the generated configuration."""
        command = self.stack.command("config", ["set", "--secret", "--path", f"hoprd:wallet.{name}"])
        subprocess.run(command, env=self.stack.environment(), input=value, text=True, check=True, capture_output=True)

    def resources(self) -> list[dict[str, Any]]:
        """Return the resources in the state; none before the first command."""
        state = self.stack.home.state / ".pulumi" / "stacks" / "hoprd" / f"{self.stack.name}.json"
        if not state.exists():
            return []
        checkpoint = json.loads(state.read_text())["checkpoint"]
        resources: list[dict[str, Any]] = (checkpoint.get("latest") or {}).get("resources") or []
        return resources

    def discard(self) -> None:
        """Remove the fleet's namespace and port entries with kubectl, in a fraction of the time of `pulumi destroy`.

        For fleets whose destruction no test observes. The state stays, so the name of the stack is used up.
        """
        namespace = self.settings["platform"]["namespace"]
        if not self.kubectl("get", "namespace", namespace, "--ignore-not-found", "-o", "name"):
            return
        scope = ("--namespace", namespace)
        with contextlib.suppress(subprocess.CalledProcessError):  # the definitions do not exist
            finalized = self.kubectl("get", ",".join(CUSTOM_RESOURCES), *scope, "-o", "name").split()
            if finalized:
                self.kubectl("patch", *finalized, *scope, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
        self.kubectl("delete", "namespace", namespace, "--wait=false")
        for name, item in self.objects("configmap", "ingress-nginx").items():
            own = [port for port, target in item.get("data", {}).items() if target.startswith(f"{namespace}/")]
            if own:
                removed = json.dumps({"data": dict.fromkeys(own)})
                self.kubectl("patch", "configmap", name, "-n", "ingress-nginx", "--type=merge", "-p", removed)

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl and return its output."""
        command = [str(self.info.program("kubectl")), "--kubeconfig", str(self.stack.home.kubeconfig), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def objects(self, kind: str, namespace: str | None = None) -> dict[str, dict[str, Any]]:
        """Return the objects of a kind in the stack's namespace, by name."""
        listed = json.loads(self.kubectl("get", kind, "-n", namespace or self.stack.namespace, "-o", "json"))
        return {item["metadata"]["name"]: item for item in listed["items"]}

    def statuses(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the status of each custom resource, without the time and checksum of its last change."""
        return {
            name: {
                key: value
                for key, value in item.get("status", {}).items()
                if key not in {"updateTimestamp", "checksum"}
            }
            for name, item in self.objects(kind).items()
        }

    def transactions_of_the_wallet(self, block: str = "latest") -> int:
        """Return the number of transactions that the wallet has sent; with "pending", including pending ones."""
        return int(self._call("eth_getTransactionCount", [self.info.wallet, block]), 16)

    def mine_at_once(self, enabled: bool) -> None:
        """Let anvil mine each transaction at once, or none; enabling it also mines the pending ones."""
        self._call("evm_setAutomine", [enabled])
        if enabled:
            self._call("evm_mine", [])

    def xdai_wei(self, address: str) -> int:
        """Return the xDai balance."""
        return int(self._call("eth_getBalance", [address, "latest"]), 16)

    def wxhopr_wei(self, address: str) -> int:
        """Return the wxHOPR balance."""
        return int(self._balance_of(self.info.networks["local"]["token"], "0x70a08231", address), 16)

    def fees_wei(self, first_nonce: int) -> int:
        """Return the gas fees that the wallet has paid since its transaction with this nonce."""
        fees = 0
        for number in range(int(self._call("eth_blockNumber", []), 16), 0, -1):
            block = self._call("eth_getBlockByNumber", [hex(number), True])
            own = [
                entry
                for entry in block["transactions"]
                if int(entry["from"], 16) == int(self.info.wallet, 16) and int(entry["nonce"], 16) >= first_nonce
            ]
            for entry in own:
                receipt = self._call("eth_getTransactionReceipt", [entry["hash"]])
                fees += int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
            if any(int(entry["nonce"], 16) == first_nonce for entry in own):
                break
        return fees

    def safe_proxies(self) -> set[str]:
        """Return the addresses of all Safes on the chain (event ProxyCreation of the Safe proxy factory)."""
        factory = "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"
        topic = "0x4f51faf6c4561ff95f067657e43439f0f856d97c04d9ec9070a6199ad418e235"
        logs = self._call("eth_getLogs", [{"fromBlock": "0x0", "address": factory, "topics": [topic]}])
        return {"0x" + entry["topics"][1][-40:] for entry in logs}

    def _balance_of(self, contract: str, selector: str, address: str) -> str:
        call = {"to": contract, "data": selector + address.removeprefix("0x").lower().rjust(64, "0")}
        result: str = self._call("eth_call", [call, "latest"])
        return result

    def _call(self, method: str, parameters: Sequence[Any]) -> Any:
        with Rpc(self.info.rpc_url) as rpc:
            return rpc.call(method, *parameters)
