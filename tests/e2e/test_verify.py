"""`python -m identity verify` on a stack of the real engine: complete, broken on chain, and retired."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from devnet.home import CHECKOUT, Home
from devnet.info import DevnetInfo
from devnet.rpc import Rpc
from testkit.e2e.fleet import POOL, Completed, Fleet

NAME = "verified"
FIRST, SECOND = f"{POOL}-1", f"{POOL}-2"


def two_identities_and_no_node(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["size"] = 2
    settings["clusters"] = {}
    settings["platform"]["namespace"] = "hoprd-verified"


@pytest.fixture(scope="module")
def created(devnet_home: Home, devnet: DevnetInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet.create(devnet_home, devnet, tmp_path_factory.mktemp("verified"), NAME)
    fleet.edit(two_identities_and_no_node)
    fleet.must("up")
    yield fleet
    fleet.must("destroy")


@pytest.fixture(scope="module")
def configuration(created: Fleet) -> str:
    return created.stack.source.read_text()


@pytest.fixture
def fleet(created: Fleet, configuration: str) -> Fleet:
    """Two complete identities, whatever the test before has changed."""
    created.restore_configuration(configuration)
    return created


def verify(fleet: Fleet, *arguments: str, stack: str = NAME) -> Completed:
    command = [sys.executable, "-m", "identity", "verify", "--stack", stack, *arguments]
    return subprocess.run(
        command, cwd=CHECKOUT, env=fleet.stack.environment(), capture_output=True, text=True, check=False
    )


def of_generated_file(fleet: Fleet) -> tuple[str, ...]:
    return ("--config-file", str(fleet.stack.file))


def as_json(fleet: Fleet) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(verify(fleet, *of_generated_file(fleet), "--json").stdout)
    return report


def failing(report: dict[str, Any]) -> dict[str, list[str]]:
    return {
        identity["name"]: [point["point"] for point in identity["points"] if point["verdict"] == "fails"]
        for pool in report["pools"]
        for identity in pool["identities"]
        if not identity["ok"]
    }


def test_identities_after_up_pass_every_point_and_no_secret_is_shown(fleet: Fleet) -> None:
    shown = verify(fleet, *of_generated_file(fleet))
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.rstrip().endswith(f"Stack {NAME} on local: 2 identities, 2 usable, 0 retired, 0 failing")
    report = as_json(fleet)
    assert report["ok"] is True
    assert {point["verdict"] for one in report["pools"][0]["identities"] for point in one["points"]} == {"ok"}
    everything = shown.stdout + shown.stderr + json.dumps(report)
    assert not [name for name in ("privateKey", "identityPassword", "apiToken") if fleet.secret(name) in everything]


def test_the_stacks_own_folder_is_enough(fleet: Fleet) -> None:
    assert verify(fleet, "--cwd", str(fleet.stack.file.parent)).returncode == 0


def test_a_low_balance_is_reported_and_up_fixes_it(fleet: Fleet) -> None:
    node = fleet.outputs()["identities"][SECOND]["nativeAddress"]
    with Rpc(fleet.info.rpc_url) as rpc:
        rpc.call("anvil_setBalance", node, "0x1")
    shown = verify(fleet, *of_generated_file(fleet))
    assert shown.returncode == 1
    assert f"{SECOND}: balances.nodeXdai: expected at least 0.05 xDai" in shown.stdout
    assert failing(as_json(fleet)) == {SECOND: ["balances.nodeXdai"]}
    fleet.must("up")
    assert verify(fleet, *of_generated_file(fleet)).returncode == 0


def test_a_stack_that_does_not_exist_cannot_be_verified(fleet: Fleet) -> None:
    shown = verify(fleet, *of_generated_file(fleet), stack="missing")
    assert shown.returncode == 2
    assert "no stack named 'missing' found" in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_an_identity_that_the_stack_has_not_created_yet_fails(fleet: Fleet) -> None:
    fleet.edit(lambda settings: settings["pools"][POOL].update(size=3))
    fleet.stack.prepare()
    report = as_json(fleet)
    fleet.edit(lambda settings: settings["pools"][POOL].update(size=2))
    fleet.stack.prepare()
    assert failing(report) == {f"{POOL}-3": ["stack.made"]}


def test_a_retired_identity_is_verified_as_decommissioned(fleet: Fleet) -> None:
    def retire(settings: dict[str, Any]) -> None:
        settings["pools"][POOL]["identities"] = {FIRST: {"retire": True}}

    fleet.edit(retire)
    fleet.stack.prepare()
    assert set(failing(as_json(fleet))) == {FIRST}
    fleet.must("up")
    report = as_json(fleet)
    assert failing(report) == {}
    assert report["summary"]["retired"] == 1
