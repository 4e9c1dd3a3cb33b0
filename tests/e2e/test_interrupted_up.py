"""Commands that are killed at chosen moments, and the next one."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from testkit.e2e.fleet import CLUSTER, CUSTOM_RESOURCES, POOL, Fleet
from testkit.e2e.killing import kill_all
from testkit.e2e.lost_state import uids

XDAI_WEI = WXHOPR_WEI = 10**18
OPERATOR_SAFES = 1  # the wallet's operator Safe, which pays wxHOPR to many Safes at once
PATIENCE_S = 400
ENDED_WITHIN_S = 30


class Payments:
    """What the wallet pays and creates from now on."""

    def __init__(self, fleet: Fleet) -> None:
        wallet = fleet.info.wallet
        self._fleet = fleet
        self._xdai_wei, self._wxhopr_wei = fleet.xdai_wei(wallet), fleet.wxhopr_wei(wallet)
        self._first_nonce, self._safes = fleet.transactions_of_the_wallet(), fleet.safe_proxies()

    def assert_paid_once(self, identities: int) -> None:
        """Each identity got its xDai, its wxHOPR and its Safe, and the wallet paid nothing else but gas."""
        fleet, wallet = self._fleet, self._fleet.info.wallet
        spent = self._xdai_wei - fleet.xdai_wei(wallet) - fleet.fees_wei(self._first_nonce)
        assert spent == identities * XDAI_WEI // 10
        assert self._wxhopr_wei - fleet.wxhopr_wei(wallet) == identities * 10 * WXHOPR_WEI
        specs = [item["spec"] for item in fleet.objects("identityhoprd").values()]
        safes = {spec["safeAddress"].lower() for spec in specs}
        assert len(safes) == identities
        created = fleet.safe_proxies() - self._safes
        assert safes <= created
        assert len(created) <= identities + OPERATOR_SAFES


def start_until(fleet: Fleet, happened: Callable[[], bool]) -> subprocess.Popen[bytes]:
    """Start an `up` and return it, running, when it has happened."""
    process = fleet.start("up")
    deadline = time.monotonic() + PATIENCE_S
    try:
        while not happened():
            assert process.poll() is None, "up ended before it happened"
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.1)
    except BaseException:
        kill_everything(process)
        raise
    return process


def kill_everything(process: subprocess.Popen[bytes]) -> None:
    """Kill pulumi, its providers and the program."""
    started = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    kill_all(started)
    psutil.wait_procs(started, ENDED_WITHIN_S)


def kill_pulumi_alone(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Kill pulumi. Its dynamic providers end by themselves; return everything that it started."""
    started = psutil.Process(process.pid).children(recursive=True)
    hosts = [one for one in started if "pulumi.dynamic" in one.cmdline()]
    assert hosts
    process.kill()
    process.wait()
    assert psutil.wait_procs(hosts, ENDED_WITHIN_S)[1] == [], "a provider outlives its engine"
    return started


def start_until_sent(fleet: Fleet) -> subprocess.Popen[bytes]:
    """Start an `up` on a chain that mines nothing, until the wallet has a pending transaction."""
    sent = fleet.transactions_of_the_wallet()
    fleet.mine_at_once(False)
    return start_until(fleet, lambda: fleet.transactions_of_the_wallet("pending") > sent)


def live(fleet: Fleet, kind: str) -> dict[str, dict[str, Any]]:
    """The objects of a kind while the first `up` runs: definitions and namespace may not exist yet."""
    try:
        return fleet.objects(kind)
    except subprocess.CalledProcessError:
        return {}


def field_managers(fleet: Fleet) -> set[str]:
    services = fleet.objects("service").values()
    return {entry["manager"] for one in services for entry in one["metadata"].get("managedFields", ())}


@pytest.mark.faults
def test_an_up_that_is_killed_while_it_sends_and_while_it_creates_objects_is_finished_by_the_next(
    small_fleet: Callable[..., Fleet],
) -> None:
    fleet = small_fleet("killed")
    fleet.edit(lambda settings: settings["pools"][POOL].update(size=7))
    payments, left = Payments(fleet), list[psutil.Process]()
    try:
        left = kill_pulumi_alone(start_until_sent(fleet))
        fleet.mine_at_once(True)
        kill_everything(start_until(fleet, lambda: bool(live(fleet, "service"))))
        created = uids(fleet, "service")
        fleet.must("up")
    finally:
        fleet.mine_at_once(True)
        kill_all(left)

    payments.assert_paid_once(7)
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 7, "locked": 1}
    assert created.items() <= uids(fleet, "service").items()
    assert field_managers(fleet) <= {"hoprd/killed"}
    fleet.must("up", "--expect-no-changes")


@pytest.mark.faults
def test_a_first_up_that_is_killed_while_it_sends_and_while_it_waits_pays_once_and_can_be_destroyed(
    small_fleet: Callable[..., Fleet],
) -> None:
    fleet = small_fleet("killed-waiting")

    def broken(settings: dict[str, Any]) -> None:
        settings["platform"]["deploymentTimeoutS"] = PATIENCE_S
        settings["clusters"][CLUSTER]["version"] = "broken-9"

    def phases() -> dict[str, str]:
        return {name: one.get("status", {}).get("phase", "") for name, one in live(fleet, "hoprd").items()}

    fleet.edit(broken)
    payments = Payments(fleet)
    try:
        kill_everything(start_until_sent(fleet))
    finally:
        fleet.mine_at_once(True)
    kill_everything(start_until(fleet, lambda: "Failed" in phases().values()))
    assert phases() == {f"{CLUSTER}-1": "Failed"}
    payments.assert_paid_once(2)

    fleet.must("destroy")
    for kind in CUSTOM_RESOURCES:
        assert fleet.objects(kind) == {}
    assert fleet.resources() == []
