"""Layers, hypothesis profiles, and the fixtures that several suites share.

The layer of a test follows from its folder (testkit/layers.py): `pytest -m unit` imports and runs only that layer.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from devnet.api import Devnet
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import free_base
from testkit import unit_guard
from testkit.layers import LAYERS, TESTS, WITHOUT_TOOLS, Durations, LayerError, layer_of, require_layer

_PORTS = 20
_UNIT_EXAMPLES = 15
_RECURSION_LIMIT = 1000

# No deadline: the tests share their processors. `make unit` takes fewer examples of each property than `make test`.
settings.register_profile("full", deadline=None, print_blob=True)
settings.register_profile("unit", deadline=None, max_examples=_UNIT_EXAMPLES)
settings.load_profile("full")

_durations = Durations()
_numbers = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    """Declare one marker for each layer."""
    for layer, description in LAYERS.items():
        config.addinivalue_line("markers", f"{layer}: {description}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import the files of other layers when one layer is selected with -m."""
    selected, layer = config.option.markexpr, layer_of(collection_path)
    return True if selected in LAYERS and layer not in {None, selected} else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the layer of its folder. Run the layers with long tests first, so that no worker waits."""
    for item in items:
        try:
            item.add_marker(require_layer(item.nodeid, getattr(item, "fixturenames", ())))
        except LayerError as error:
            raise pytest.UsageError(str(error)) from None
    longest_first = [*reversed(LAYERS)]
    items.sort(key=lambda item: longest_first.index(layer_of(item.path) or longest_first[-1]))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the time of each layer; with pytest-xdist this runs in the controller for the tests of all workers."""
    if layer := layer_of(TESTS.parent / report.location[0]):
        _durations.add(layer, report.duration, ended=report.when == "teardown")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how long each layer took. The time is that of the tests, not of the clock: workers run side by side."""
    if lines := _durations.lines():
        terminalreporter.section("layers")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture(autouse=True)
def unit_guard_in_the_unit_layer(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Fail a unit test that builds, downloads or starts a tool, starts devnet, or uses the network."""
    if layer_of(request.path) in WITHOUT_TOOLS:
        unit_guard.install(monkeypatch, stubs=tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def default_recursion_limit() -> None:
    """The limit that the program keeps (identity/__init__.py); test modules import libraries that raise it."""
    sys.setrecursionlimit(_RECURSION_LIMIT)


@pytest.fixture(autouse=True)
def own_journal_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep journals apart: wallets of the tests have the same address on many chains, and the user has a journal.

    Few tests write one, so this is only a name: `tmp_path` would create a folder for each test, and list all others.
    """
    folder = tmp_path_factory.getbasetemp() / "journals" / str(next(_numbers))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))


@pytest.fixture(scope="session")
def devnet_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The home of a devnet that runs for the whole test session, next to any devnet of the user."""
    home = Home(tmp_path_factory.mktemp("devnet") / "home")
    devnet = Devnet(home)
    try:
        devnet.up(Choices(port_base=free_base(_PORTS, first=31000)))
        yield home
    finally:
        devnet.down()


@pytest.fixture(scope="session")
def devnet(devnet_home: Home) -> DevnetInfo:
    """Addresses and programs of the running devnet."""
    info = DevnetInfo.read(devnet_home)
    assert info is not None
    return info


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """URL of the moto server that all tests of a process share."""
    from testkit import aws

    with aws.serving() as url:
        yield url


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of an empty AWS account. Every AWS client of the test uses it; `testkit.aws` fills it."""
    from testkit import aws

    with aws.empty_account(aws_server, monkeypatch) as url:
        yield url
