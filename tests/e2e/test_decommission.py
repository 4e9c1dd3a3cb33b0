"""An identity is retired and returns to service, then the stack is destroyed and drained, all with `pulumi up`."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from devnet.info import DevnetInfo
from devnet.rpc import Rpc
from identity.consent import VARIABLE
from testkit.chain.fees import fees_paid_wei
from testkit.e2e.fleet import CLUSTER, POOL, Fleet

LAST = f"{POOL}-3"
KEEPING_KEYS = ("--run-program", "--exclude-protected")


def three_identities_with_protected_keys(settings: dict[str, Any]) -> None:
    settings["pools"][POOL] |= {"size": 3, "retainVolumes": True, "protectKeys": True}
    settings["clusters"][CLUSTER]["replicas"] = 2


def retire(*names: str) -> Any:
    def change(settings: dict[str, Any]) -> None:
        settings["pools"][POOL]["identities"] = {name: {"retire": True} for name in names}

    return change


def drain_on_destroy(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["drainOnDestroy"] = True


def preview_of_destroy(fleet: Fleet) -> str:
    """The documented preview of a destroy."""
    previewed = fleet.stack.capture("destroy", ["--preview-only", "--non-interactive", *KEEPING_KEYS])
    assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    return previewed.stdout


def assert_retiring_is_refused(fleet: Fleet, identity: str, node: str) -> None:
    """The preview refuses to retire an identity that a node uses, before anything changes."""
    sent = fleet.transactions_of_the_wallet()
    fleet.edit(retire(identity))
    refused = fleet.run("preview")
    output = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert f"identity {identity} cannot be retired while node {node} uses it" in output
    assert "Traceback" not in output
    assert fleet.transactions_of_the_wallet() == sent


def assert_retired_and_empty(row: dict[str, Any], before: dict[str, Any]) -> None:
    """The outputs of a decommissioned identity: no balances, the same addresses as before."""
    balances = {key: row[key] for key in ("phase", "xdai", "wxhopr", "safeXdai")}
    assert balances == {"phase": "Retired", "xdai": "0", "wxhopr": "0", "safeXdai": "0"}
    for key in ("nativeAddress", "safeAddress"):
        assert row[key] == before[key]


def assert_in_service_again(fleet: Fleet, before: dict[str, str], volume: str) -> None:
    """The identity is back with its balances, Safe and volume, and the run finished the work."""
    back = fleet.outputs()["identities"][LAST]
    assert (back["phase"], back["xdai"], back["wxhopr"]) == ("Ready", "0.1", "10")
    assert back["safeAddress"] == before["safeAddress"]
    assert fleet.objects("persistentvolumeclaim")[LAST]["metadata"]["uid"] == volume
    fleet.must("preview", "--expect-no-changes")


def test_an_identity_is_retired_and_returns_and_destroy_drains_the_stack(
    small_fleet: Callable[..., Fleet], devnet: DevnetInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = small_fleet("retiring")
    fleet.edit(three_identities_with_protected_keys)
    xdai, wxhopr = fleet.xdai_wei(devnet.wallet), fleet.wxhopr_wei(devnet.wallet)
    with Rpc(devnet.rpc_url) as rpc:
        first_block = int(rpc.call("eth_blockNumber"), 16)
    fleet.must("up")
    rows = fleet.outputs()["identities"]
    used = next(name for name, row in rows.items() if row["node"])
    volume = fleet.objects("persistentvolumeclaim")[LAST]["metadata"]["uid"]

    # Without drainOnDestroy, a destroy leaves everything behind, and its preview names it.
    previewed = preview_of_destroy(fleet)
    assert "3 identities are left behind on chain: 0.3 xDai and 30 wxHOPR stay" in previewed
    assert previewed.index("left behind on chain") < previewed.index(" delete")

    assert_retiring_is_refused(fleet, used, rows[used]["node"])

    # An identity that is not in use is decommissioned. Its volume stays, so the run needs no other permission.
    fleet.edit(retire(LAST))
    with monkeypatch.context() as unattended:
        unattended.setenv(VARIABLE, "drain")
        shown = fleet.must("up")
    assert re.search(r"1 identity is retired and drained: 0\.09\d* xDai and 10 wxHOPR move to wallet", shown)
    assert f"{LAST} is decommissioned" in shown
    assert_retired_and_empty(fleet.outputs()["identities"][LAST], rows[LAST])
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 2, "locked": 2}
    assert LAST not in fleet.objects("identityhoprd")
    assert fleet.objects("persistentvolumeclaim")[LAST]["metadata"]["uid"] == volume
    holders = [name for name, secret in fleet.objects("secret").items() if LAST in secret.get("data", {})]
    assert holders == [f"{POOL}-identities"]
    fleet.must("preview", "--expect-no-changes")

    # The setting applies after this `up`. Then destroy drains everything, and the protected keys stay.
    fleet.edit(retire())
    fleet.edit(drain_on_destroy)
    fleet.must("up")
    assert_in_service_again(fleet, rows[LAST], volume)
    previewed = preview_of_destroy(fleet)
    assert re.search(r"3 identities are retired and drained: 0\.29\d* xDai and 30 wxHOPR move to wallet", previewed)
    fleet.must("destroy", *KEEPING_KEYS)
    kept = {one["outputs"]["identity"] for one in fleet.resources() if one["type"].endswith(":NodeKeys")}
    assert kept == rows.keys()
    nodes = {row["nativeAddress"] for row in rows.values()}
    assert [fleet.xdai_wei(node) for node in nodes] == [0, 0, 0]
    assert fleet.wxhopr_wei(devnet.wallet) == wxhopr
    with Rpc(devnet.rpc_url) as rpc:
        gas_wei = fees_paid_wei(rpc, {devnet.wallet, *nodes}, first_block)
    assert xdai - fleet.xdai_wei(devnet.wallet) == gas_wei

    # Deletes the keys, too.
    fleet.must("state", "unprotect", "--all", "--yes")
    fleet.must("destroy")
    assert fleet.resources() == []
