"""Commands that are killed at random moments, on one fleet; `make kills` does the same with 100 seeds."""

from pathlib import Path

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.e2e.fleet import Fleet
from testkit.kills.fleet_under_kills import FleetUnderKills

SEEDS = (1, 6)  # the first `up`, and a change of the number of nodes


@pytest.mark.faults
def test_nothing_is_lost_and_nothing_is_paid_twice(devnet_home: Home, devnet: DevnetInfo, tmp_path: Path) -> None:
    fleet = Fleet.create(devnet_home, devnet, tmp_path, "kills")
    fleet.edit(lambda settings: settings["platform"].update(namespace="kills"))
    killed = FleetUnderKills(fleet)
    killed.prepare()
    for seed in SEEDS:
        killed.kill(seed)
    fleet.must("destroy")
    assert fleet.resources() == []
