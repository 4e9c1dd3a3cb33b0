"""Fixtures of the chain tests: one anvil and one deployment for the whole run, a clean state for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from rich.console import Console

from devnet import chain_contracts
from devnet.chain_contracts.rpc import Rpc
from devnet.toolchain.catalog import TOOLS
from devnet.toolchain.obtain import obtain
from devnet.toolchain.progress import ToolProgress
from tests.chain.anvil_process import running_anvil
from tests.chain.ledger import Ledger


@dataclass(frozen=True)
class DevelopmentChain:
    """A running chain with all contracts on it, and a wallet that may register nodes."""

    rpc_url: str
    wallet: LocalAccount
    contracts: dict[str, dict[str, str]]
    """Network name to contract name to address, as `deploy` returns them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.chain)


@pytest.fixture(scope="session")
def anvil_binary() -> Path:
    """The anvil that devnet itself runs."""
    with ToolProgress(Console()) as progress:
        return obtain(progress, [tool for tool in TOOLS if tool.name == "anvil"])["anvil"]


@pytest.fixture(scope="session")
def anvil(anvil_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """RPC URL of the one anvil process that all chain tests share."""
    with running_anvil(anvil_binary, tmp_path_factory.mktemp("anvil") / "log") as rpc_url:
        yield rpc_url


@pytest.fixture
def fresh_anvil(anvil_binary: Path, tmp_path: Path) -> Iterator[str]:
    """RPC URL of a chain nobody has touched: for tests of what happens before or in `deploy`."""
    with running_anvil(anvil_binary, tmp_path / "anvil.log") as rpc_url:
        yield rpc_url


@pytest.fixture(scope="session")
def deployed_chain(anvil: str) -> DevelopmentChain:
    wallet = Account.create()
    return DevelopmentChain(anvil, wallet, chain_contracts.deploy(anvil, wallet.address)["networks"])


@pytest.fixture
def chain(deployed_chain: DevelopmentChain) -> Iterator[DevelopmentChain]:
    """The deployed chain; whatever a test does to it is undone afterwards."""
    with Rpc(deployed_chain.rpc_url) as rpc:
        snapshot = rpc.call("evm_snapshot")
        yield deployed_chain
        rpc.call("evm_revert", snapshot)


@pytest.fixture
def ledger(chain: DevelopmentChain) -> Iterator[Ledger]:
    with Rpc(chain.rpc_url) as rpc:
        yield Ledger(rpc)
