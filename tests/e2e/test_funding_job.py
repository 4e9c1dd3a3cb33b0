"""The funding job with the program's own image: the container of its pod, run as a process of this machine.

The image is built from the Dockerfile: a Python with only the locked libraries of the job, and the copied folders.
After the job, the RPC requests of a run without changes are counted.
"""

import base64
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devnet.home import CHECKOUT
from devnet.info import DevnetInfo
from devnet.rpc import Rpc
from testkit.e2e.fleet import POOL, Completed, Fleet
from testkit.faults.relay import Relay, relaying

XDAI_WEI = WXHOPR_WEI = 10**18
NEARLY_EMPTY_WEI = XDAI_WEI // 1000
REQUESTS_OF_AN_OBSERVATION = 3
OBSERVATIONS = ("the preview's table", "the preview's comparison", "the update's comparison")


@dataclass(frozen=True)
class Image:
    """The file system of the image, with its Python."""

    root: Path

    @classmethod
    def built(cls, root: Path) -> "Image":
        """Build it like `docker build`, with a virtualenv instead of the base image."""
        for line in (CHECKOUT / "Dockerfile").read_text().splitlines():
            match line.split():
                case ["COPY", source, target]:
                    _copy(CHECKOUT / source, root / target.strip("/"))
        uv = Path(sys.executable).with_name("uv")
        requirements = root / "program" / "requirements-job.txt"
        python = root / "python" / "bin" / "python"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, root / "python"], check=True)
        subprocess.run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", requirements], check=True)
        return cls(root)

    def run(self, container: dict[str, Any], mounts: dict[str, Path], secrets: dict[str, str]) -> Completed:
        """Run a container's command with only its own variables; `mounts` maps each mount path to a local folder."""
        given = {one["name"]: one.get("value") or secrets[one["name"]] for one in container["env"]}
        words = [_moved(word, mounts) for word in container["command"]]
        environment = {name: _moved(value, mounts) for name, value in given.items()}
        environment["PATH"] = f"{self.root / 'python' / 'bin'}:/usr/bin:/bin"
        program = self.root / "program"
        return subprocess.run(words, env=environment, cwd=program, capture_output=True, text=True, check=False)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _moved(text: str, mounts: dict[str, Path]) -> str:
    for path, here in mounts.items():
        text = re.sub(rf"^{path}(?=/|$)", str(here), text)
    return text


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image.built(tmp_path_factory.mktemp("image"))


def test_the_job_tops_up_nodes_and_safes_and_the_next_runs_send_nothing(
    small_fleet: Callable[..., Fleet], devnet: DevnetInfo, image: Image, tmp_path: Path
) -> None:
    with relaying(devnet.rpc_url) as relay:
        fleet = small_fleet("topped-up", rpc_url=relay.url)
        the_job_pays_what_is_missing(fleet, image, tmp_path)
        an_up_without_changes_and_its_preview_observe_a_pool_three_times_and_request_nothing_else(fleet, relay)


def an_up_without_changes_and_its_preview_observe_a_pool_three_times_and_request_nothing_else(
    fleet: Fleet, relay: Relay
) -> None:
    sent = relay.transactions
    relay.counts.clear()
    again = fleet.stack.capture("up", ["--yes", "--non-interactive", "--expect-no-changes"])
    assert again.returncode == 0, again.stdout + again.stderr
    assert relay.counts.total() == REQUESTS_OF_AN_OBSERVATION * len(OBSERVATIONS), relay.counts
    assert relay.transactions == sent


def the_job_pays_what_is_missing(fleet: Fleet, image: Image, tmp_path: Path) -> None:

    def pay_wxhopr(settings: dict[str, Any]) -> None:
        settings["platform"]["images"] = {"topUp": "registry.example.org/hoprd-top-up:1.0.0"}
        settings["pools"][POOL]["funding"]["wxhopr"] = True

    fleet.edit(pay_wxhopr)
    fleet.must("up")
    first, second = fleet.outputs()["identities"].values()
    with Rpc(fleet.info.rpc_url) as rpc:
        rpc.call("anvil_setBalance", first["nativeAddress"], hex(NEARLY_EMPTY_WEI))

    name = f"auto-funding-{POOL}"
    pod = fleet.objects("cronjob")[name]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    data, state = tmp_path / "data", tmp_path / "state"
    data.mkdir()
    state.mkdir()
    for file, text in fleet.objects("configmap")[name]["data"].items():
        (data / file).write_text(text)

    (container,) = pod["containers"]
    held = {
        key: value for kind in (name, f"{POOL}-wallet") for key, value in fleet.objects("secret")[kind]["data"].items()
    }
    secrets = {key: base64.b64decode(value).decode() for key, value in held.items()}
    mounts = {"/data": data, "/state": state}
    done = image.run(container, mounts, secrets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"pay 0.099 xDai to {POOL}-1: transaction 0x" in done.stdout
    assert "2 of 2 identities have what they need" in done.stdout
    hidden = set(secrets.values()) - {fleet.stack.info.rpc_url}
    assert not [word for word in hidden if word in done.stdout + done.stderr]
    assert fleet.xdai_wei(first["nativeAddress"]) == fleet.xdai_wei(second["nativeAddress"]) == XDAI_WEI // 10
    assert fleet.wxhopr_wei(first["safeAddress"]) == 10 * WXHOPR_WEI

    sent = fleet.transactions_of_the_wallet()
    again = image.run(container, mounts, secrets)
    assert "0 transactions sent" in again.stdout, again.stdout + again.stderr
    assert fleet.transactions_of_the_wallet() == sent
