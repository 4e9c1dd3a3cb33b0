"""`pulumi preview` and `pulumi up` report every mistake in the configuration and change nothing."""

from pathlib import Path

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.e2e.fleet import CLUSTER, POOL, Fleet

FOREIGN = "0x77C9414043d27fdC98A6A2d73fc77b9b383092a7"


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_every_problem_is_one_line_and_nothing_is_registered(
    devnet_home: Home, devnet: DevnetInfo, tmp_path: Path, operation: str
) -> None:
    fleet = Fleet.create(devnet_home, devnet, tmp_path, "bad")

    def spoil(settings: dict) -> None:  # type: ignore[type-arg]
        settings["clusters"][CLUSTER]["replicas"] = 8
        settings["pools"][POOL]["funding"]["schedule"] = "5 * *"
        settings["platform"]["ingress"]["clas"] = "nginx"
        settings["pools"][POOL]["safe"] = {"admins": [FOREIGN]}

    fleet.edit(spoil)
    failed = fleet.run(operation)

    reported = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "'5 * *' has 3 fields, cron needs 5" in reported
    assert f"clusters.{CLUSTER}.replicas" in reported
    assert "platform.ingress.clas" in reported
    assert f"gives the Safes of {POOL}-1…7 to {FOREIGN}, without wallet" in reported
    assert "Traceback" not in reported
    # The root of all resources; the SDK registers it before the program runs.
    assert {resource["type"] for resource in fleet.resources()} <= {"pulumi:pulumi:Stack"}
