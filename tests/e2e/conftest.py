"""The fleet that the end-to-end tests work on, one after the other."""

from pathlib import Path

import pytest

from devnet.facts import Facts
from devnet.home import Home
from tests.e2e.fleet import Fleet


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def fleet(devnet_home: Home, devnet: Facts, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The stack `local` as it is checked in; tests edit a copy of its configuration."""
    return Fleet.create(devnet_home, devnet, tmp_path_factory.mktemp("stack"))
