"""What several suites share: one running devnet for the whole test run, beside any that the user has running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devnet.api import Devnet
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import free_base

_PORTS = 20


@pytest.fixture(autouse=True)
def journals_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wallet of the tests has the same address on many chains, and nothing of it belongs into the user's journal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def devnet_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The home of a devnet that runs until the tests end."""
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
    """URL of the AWS stand-in that all tests of a process share."""
    from testkit import aws

    with aws.serving() as url:
        yield url


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of an empty AWS account that every AWS client of the test is led to; `testkit.aws` fills it."""
    from testkit import aws

    with aws.empty_account(aws_server, monkeypatch) as url:
        yield url
