"""`python -m identity verify` on a stack of the real engine: complete, broken on chain, and retired."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from devnet.home import CHECKOUT
from devnet.rpc import Rpc
from testkit.e2e.fleet import POOL, Completed, Fleet

NAME = "verified"
FIRST, SECOND = f"{POOL}-1", f"{POOL}-2"


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


def test_identities_are_verified_before_and_after_a_fault_and_a_retirement(small_fleet: Callable[..., Fleet]) -> None:
    fleet = small_fleet(NAME)
    fleet.edit(lambda settings: settings.update(clusters={}))
    fleet.must("up")
    identities_after_up_pass_every_point_and_no_secret_is_shown(fleet)
    a_stack_that_does_not_exist_cannot_be_verified(fleet)
    an_identity_that_the_stack_has_not_created_yet_fails(fleet)

    # One identity is to retire, and the node of the other one is nearly empty.
    fleet.edit(lambda settings: settings["pools"][POOL].update(identities={FIRST: {"retire": True}}))
    fleet.stack.prepare()
    with Rpc(fleet.info.rpc_url) as rpc:
        rpc.call("anvil_setBalance", fleet.outputs()["identities"][SECOND]["nativeAddress"], "0x1")
    shown = verify(fleet, *of_generated_file(fleet))
    assert shown.returncode == 1
    assert f"{SECOND}: balances.nodeXdai: expected at least 0.05 xDai" in shown.stdout
    found = failing(as_json(fleet))
    assert found.keys() == {FIRST, SECOND}
    assert found[SECOND] == ["balances.nodeXdai"]

    fleet.must("up")
    assert verify(fleet, *of_generated_file(fleet)).returncode == 0
    report = as_json(fleet)
    assert failing(report) == {}
    assert report["summary"]["retired"] == 1


def identities_after_up_pass_every_point_and_no_secret_is_shown(fleet: Fleet) -> None:
    shown = verify(fleet, "--cwd", str(fleet.stack.file.parent))  # the stack's own folder is enough
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.rstrip().endswith(f"Stack {NAME} on local: 2 identities, 2 usable, 0 retired, 0 failing")
    report = as_json(fleet)
    assert report["ok"] is True
    assert {point["verdict"] for one in report["pools"][0]["identities"] for point in one["points"]} == {"ok"}
    everything = shown.stdout + shown.stderr + json.dumps(report)
    assert not [name for name in ("privateKey", "identityPassword", "apiToken") if fleet.secret(name) in everything]


def a_stack_that_does_not_exist_cannot_be_verified(fleet: Fleet) -> None:
    shown = verify(fleet, *of_generated_file(fleet), stack="missing")
    assert shown.returncode == 2
    assert "no stack named 'missing' found" in shown.stderr
    assert shown.stderr.count("\n") == 1


def an_identity_that_the_stack_has_not_created_yet_fails(fleet: Fleet) -> None:
    fleet.edit(lambda settings: settings["pools"][POOL].update(size=3))
    fleet.stack.prepare()
    report = as_json(fleet)
    fleet.edit(lambda settings: settings["pools"][POOL].update(size=2))
    assert failing(report) == {f"{POOL}-3": ["stack.made"]}
