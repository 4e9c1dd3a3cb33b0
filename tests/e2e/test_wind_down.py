"""A pool leaves the stack by the commands of docs/operations.md, and `--target` says what it cannot do."""

import re
from collections.abc import Callable
from typing import Any

from devnet.info import DevnetInfo
from testkit.e2e.fleet import CLUSTER, POOL, Fleet

SECOND, WXHOPR_WEI = "hoprd-second", 10**18


def second_pool(settings: dict[str, Any]) -> None:
    settings["pools"][SECOND] = {"size": 1, "balances": settings["pools"][POOL]["balances"]}


def drain_without_protection(settings: dict[str, Any]) -> None:
    settings["pools"][SECOND] |= {"drainOnDestroy": True, "protectKeys": False}


def remove_pool(settings: dict[str, Any]) -> None:
    del settings["pools"][SECOND]


def retire_in_use(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["identities"] = {f"{POOL}-1": {"retire": True}}


def retire_free(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["identities"] = {f"{POOL}-2": {"retire": True}}


def grow(settings: dict[str, Any]) -> None:
    settings["pools"][POOL] |= {"identities": {}, "size": 3}


def urn(fleet: Fleet, kind: str, name: str) -> str:
    return next(str(one["urn"]) for one in fleet.resources() if one["urn"].endswith(f"{kind}::{name}"))


def test_a_pool_leaves_as_documented_and_targets_work_or_say_what_they_cannot_do(
    small_fleet: Callable[..., Fleet], devnet: DevnetInfo
) -> None:
    fleet = small_fleet("winding")
    fleet.edit(second_pool)
    wxhopr = fleet.wxhopr_wei(devnet.wallet)
    fleet.must("up")
    protected_keys_stop_the_removal_of_a_pool(fleet)
    a_target_without_what_it_needs_is_refused(fleet)

    # A targeted run retires an identity; the next run does the rest, and prepares the removal of the second pool.
    fleet.edit(retire_free)
    fleet.edit(drain_without_protection)
    shown = fleet.must("up", "--target", urn(fleet, "PoolOnChain", f"{POOL}-on-chain"))
    assert "This run changes only what --target and --exclude select" in shown
    assert f"{POOL}-2 is decommissioned" in shown
    fleet.must("up")

    # A targeted destroy deletes a Deployment; the next run creates it again, and drains the removed pool.
    fleet.must("destroy", "--target", urn(fleet, "Deployment", f"{CLUSTER}-1-deployment"), "--target-dependents")
    fleet.edit(remove_pool)
    drained = r"1 identity is retired and drained: 0\.09\d* xDai and 10 wxHOPR move to wallet"
    assert re.search(drained, fleet.must("up"))
    assert fleet.outputs()["nodes"][f"{CLUSTER}-1"]["phase"] == "Running"
    assert fleet.wxhopr_wei(devnet.wallet) == wxhopr - 10 * WXHOPR_WEI


def protected_keys_stop_the_removal_of_a_pool(fleet: Fleet) -> None:
    """The preview names the money, and the engine names the protected keys."""
    before = fleet.stack.source.read_text()
    fleet.edit(remove_pool)
    stopped = fleet.run("preview")
    shown = stopped.stdout + stopped.stderr
    assert stopped.returncode != 0
    assert "1 identity is left behind on chain: 0.1 xDai and 10 wxHOPR stay" in shown
    assert f"{SECOND}-1-keys" in shown
    fleet.stack.source.write_text(before)


def a_target_without_what_it_needs_is_refused(fleet: Fleet) -> None:
    before = fleet.stack.source.read_text()
    sent, on_chain = fleet.transactions_of_the_wallet(), urn(fleet, "PoolOnChain", f"{POOL}-on-chain")
    for change, text in (
        (retire_in_use, f"identity {POOL}-1 cannot be retired while node {CLUSTER}-1 uses it"),
        (grow, f"--target: identity {POOL}-3 is not in the state yet"),
    ):
        fleet.edit(change)
        refused = fleet.run("up", "--target", on_chain)
        assert refused.returncode != 0
        assert text in refused.stdout + refused.stderr
        assert "Traceback" not in refused.stdout + refused.stderr
    assert fleet.transactions_of_the_wallet() == sent
    fleet.stack.source.write_text(before)
