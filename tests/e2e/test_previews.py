"""Previews of the checked-in stacks on devnet, which has the contracts of all three networks at their addresses.

A preview of `local` before its first `up`: test_lost_state.py, with keys from a seed.
"""

from pathlib import Path

import pytest

from devnet.home import CHECKOUT, Home
from devnet.info import DevnetInfo
from testkit.e2e.fleet import Fleet


@pytest.mark.parametrize("name", ["rotsee", "dufour"])
def test_each_stack_previews_with_transactions_and_cost(
    devnet_home: Home, devnet: DevnetInfo, tmp_path: Path, name: str
) -> None:
    fleet = Fleet.create(devnet_home, devnet, tmp_path, f"{name}-new", like=name)
    sent = fleet.transactions_of_the_wallet()

    shown = fleet.must("preview")

    assert devnet.wallet in shown
    assert "transactions" in shown
    assert "xDai" in shown
    assert "wxHOPR" in shown
    assert "Traceback" not in shown
    assert fleet.transactions_of_the_wallet() == sent
    assert fleet.resources() == []


def test_every_stack_has_the_same_keys() -> None:
    import yaml

    keys = {
        file.name: set(yaml.safe_load(file.read_text())["config"]) - {"hoprd:networks"}
        for file in CHECKOUT.glob("Pulumi.*.yaml")
    }
    assert len(keys) == 3
    assert len({frozenset(names) for names in keys.values()}) == 1
