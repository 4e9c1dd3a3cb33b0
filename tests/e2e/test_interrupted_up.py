"""An `up` that is killed while its transactions are pending, and the next one."""

import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.e2e.fleet import POOL, Fleet
from testkit.e2e.killing import kill_all

XDAI_WEI = WXHOPR_WEI = 10**18
PATIENCE_S = 400
ENDED_WITHIN_S = 30


def kill_pulumi_alone(process: subprocess.Popen[bytes], started: Iterable[psutil.Process]) -> None:
    process.kill()


def kill_everything(process: subprocess.Popen[bytes], started: Iterable[psutil.Process]) -> None:
    process.kill()
    kill_all(started)


@pytest.mark.faults
@pytest.mark.parametrize("kill", [kill_everything, kill_pulumi_alone])
def test_a_killed_up_is_finished_by_the_next_and_pays_once(
    devnet_home: Home,
    devnet: DevnetInfo,
    tmp_path: Path,
    kill: Callable[[subprocess.Popen[bytes], Iterable[psutil.Process]], None],
) -> None:
    name = kill.__name__.replace("_", "-")
    fleet = Fleet.create(devnet_home, devnet, tmp_path, name)
    fleet.edit(lambda settings: settings["platform"].update(namespace=name))
    xdai, wxhopr = fleet.xdai_wei(devnet.wallet), fleet.wxhopr_wei(devnet.wallet)
    first_nonce, safes = fleet.transactions_of_the_wallet(), fleet.safe_proxies()

    fleet.mine_at_once(False)
    process = fleet.start("up")
    try:
        deadline = time.monotonic() + PATIENCE_S
        while fleet.transactions_of_the_wallet("pending") == first_nonce:
            assert process.poll() is None, "up ended before it sent anything"
            assert time.monotonic() < deadline, "up sent nothing"
            time.sleep(0.1)
        started = psutil.Process(process.pid).children(recursive=True)
        hosts = [one for one in started if "pulumi.dynamic" in one.cmdline()]
        assert hosts
        kill(process, started)
        process.wait()
        assert psutil.wait_procs(hosts, ENDED_WITHIN_S)[1] == [], "a provider outlives its engine"
    finally:
        process.kill()
        fleet.mine_at_once(True)

    try:
        fleet.must("up")
    finally:
        kill_all(started)

    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 7, "locked": 5}
    assert xdai - fleet.xdai_wei(devnet.wallet) - fleet.fees_wei(first_nonce) == 7 * XDAI_WEI // 10
    assert wxhopr - fleet.wxhopr_wei(devnet.wallet) == 7 * 10 * WXHOPR_WEI
    made = {row["safeAddress"].lower() for row in fleet.outputs()["identities"].values()}
    assert len(made) == 7
    operator = 1  # the wallet's operator Safe, which pays wxHOPR to many Safes at once
    assert made <= fleet.safe_proxies() - safes
    assert len(fleet.safe_proxies() - safes) <= 7 + operator
    fleet.must("up", "--expect-no-changes")
    fleet.must("destroy")
