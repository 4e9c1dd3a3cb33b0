"""The fleets of the end-to-end tests."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from identity.consent import PERMISSIONS, VARIABLE
from testkit.e2e.fleet import CLUSTER, POOL, Fleet


@pytest.fixture(autouse=True)
def everything_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests run `pulumi up` without a terminal; `tests/e2e/test_first_screen.py` removes this permission."""
    monkeypatch.setenv(VARIABLE, ",".join(PERMISSIONS))


@pytest.fixture
def small_fleet(devnet_home: Home, devnet: DevnetInfo, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Create small stacks by name, each in a namespace of that name; the test's end discards them.

    `rpc_url` is the endpoint that the stack uses, by default the chain of devnet. The test itself uses that chain.
    """
    yield from small_fleets(devnet_home, devnet, tmp_path)


@pytest.fixture(scope="module")
def lasting_fleet(
    devnet_home: Home, devnet: DevnetInfo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Fleet]]:
    """`small_fleet` for stacks that the tests of a module share; the end of the module discards them."""
    yield from small_fleets(devnet_home, devnet, tmp_path_factory.mktemp("stacks"))


def small_fleets(home: Home, devnet: DevnetInfo, folder: Path) -> Iterator[Callable[..., Fleet]]:
    fleets: list[Fleet] = []

    def create(name: str, rpc_url: str = devnet.rpc_url) -> Fleet:
        def small(settings: dict[str, Any]) -> None:
            settings["platform"]["namespace"] = name
            settings["pools"][POOL]["size"] = 2
            settings["clusters"][CLUSTER]["replicas"] = 1

        created = replace(Fleet.create(home, replace(devnet, rpc_url=rpc_url), folder, name), info=devnet)
        created.edit(small)
        fleets.append(created)
        return created

    yield create
    for fleet in fleets:
        fleet.discard()
