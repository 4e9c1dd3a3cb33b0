"""Fixtures of the fault matrix: a pool of three on a chain behind a relay, and its opening balances."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from devnet import chain_contracts
from identity.chain import patience, rpc
from identity.chain.client import ChainClient
from identity.submission import delivery
from testkit.chain.anvil_process import running_anvil
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.mining import mining
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import KEY, TIMEOUT_S, Relay, relaying

PATIENCE_S = 4


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="module")
def anvil(anvil_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A chain for each module, because these tests mine hundreds of blocks and reorganise them."""
    with running_anvil(anvil_binary, tmp_path_factory.mktemp("anvil") / "log") as rpc_url:
        yield rpc_url


@pytest.fixture(scope="module")
def deployed_chain(anvil: str) -> DevelopmentChain:
    """All contracts, and a wallet that may register nodes."""
    wallet = Account.create()
    return DevelopmentChain(anvil, wallet, chain_contracts.deploy(anvil, wallet.address)["networks"])


@pytest.fixture(autouse=True)
def no_pending_transactions_remain(ledger: Ledger) -> Iterator[None]:
    """Drop pending transactions, because a reverted chain keeps them."""
    yield
    ledger.rpc.call("anvil_dropAllTransactions")


@pytest.fixture
def relay(chain: DevelopmentChain) -> Iterator[Relay]:
    """The program's endpoint; the tests read the chain directly."""
    with relaying(chain.rpc_url) as relay:
        yield relay


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """Three identities that are not provisioned yet; plain transfers pay wxHOPR to their Safes."""
    return PoolOnChain.of(chain, ledger, 3)


@pytest.fixture
def balances(pool: PoolOnChain) -> OpeningBalances:
    """The balances at the beginning of the test."""
    return OpeningBalances.of(pool)


@pytest.fixture
def balances_of_nine(chain: DevelopmentChain, ledger: Ledger) -> OpeningBalances:
    """The opening balances of a pool whose Safes get wxHOPR through the operator Safe."""
    return OpeningBalances.of(PoolOnChain.of(chain, ledger, 9))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The journal folder that the processes of one machine share."""
    return tmp_path / "journal"


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait briefly where the program waits seconds or minutes."""
    monkeypatch.setattr(patience, "_FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(rpc, "UNUSABLE_SHARE", 0.5)
    monkeypatch.setattr(delivery, "_PATIENCE_S", 1.5)


@pytest.fixture
def client(relay: Relay) -> ChainClient:
    return ChainClient(f"{relay.url}/?apikey={KEY}", timeout_s=TIMEOUT_S, patience_s=PATIENCE_S)


@pytest.fixture
def new_blocks(pool: PoolOnChain) -> Iterator[None]:
    pool.ledger.rpc.call("anvil_mine", hex(10))
    with mining(pool.chain.rpc_url):
        yield
