"""`--target` on parts of a node, while the endpoint is slow and other resources register before the pool on chain."""

import time
from collections.abc import Callable

from devnet.info import DevnetInfo
from testkit.e2e.fleet import CLUSTER, Fleet
from testkit.faults.relay import before, relaying

NODE = f"{CLUSTER}-1"
SLOW_S = 1.5


def version(fleet: Fleet) -> str:
    container, *_ = fleet.objects("deployment")[NODE]["spec"]["template"]["spec"]["containers"]
    return str(container["image"].rpartition(":")[2])


def test_a_deployment_a_node_and_the_status_can_be_targeted(
    small_fleet: Callable[..., Fleet], devnet: DevnetInfo
) -> None:
    with relaying(devnet.rpc_url) as relay:
        fleet = small_fleet("targeted", rpc_url=relay.url)
        fleet.must("up")
        relay.handler = before(lambda: time.sleep(SLOW_S))
        targets = [f"**Deployment::{NODE}-deployment", f"**Hoprd::{NODE}**", "**FleetStatus**"]
        fleet.must("preview", "--target", targets[2])
        fleet.edit(lambda settings: settings["clusters"][CLUSTER].update(version="2.2.4"))
        for target in targets:
            shown = fleet.must("preview", "--target", target)
            assert "This run changes only what --target and --exclude select" in shown
        fleet.must("up", "--target", targets[0])
        assert version(fleet) == "2.2.4"
        fleet.must("up", "--target", targets[2])
        fleet.must("up")
        fleet.must("preview", "--expect-no-changes")
