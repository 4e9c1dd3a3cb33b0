"""Fixtures of the chain tests: one anvil and one deployment for the whole run, a clean state for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from rich.console import Console

from devnet import chain_contracts
from devnet.rpc import Rpc
from devnet.toolchain.catalog import TOOLS
from devnet.toolchain.obtain import obtain
from devnet.toolchain.progress import ToolProgress
from identity.provider import PoolOnChainProvider
from identity.submission import delivery
from testkit.chain import stack
from testkit.chain.anvil_process import running_anvil
from testkit.chain.decommissioned_pool import Decommission
from testkit.chain.development_chain import DevelopmentChain, reverted_at_the_end
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import grant_manager_role
from testkit.chain.pool_on_chain import SIZE, PoolOnChain
from testkit.chain.reference_setup import PlannedIdentity, plan_identity, set_up


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
    """RPC URL of an empty chain, for tests of `deploy`."""
    with running_anvil(anvil_binary, tmp_path / "anvil.log") as rpc_url:
        yield rpc_url


@pytest.fixture(scope="session")
def deployed_chain(anvil: str) -> DevelopmentChain:
    wallet = Account.create()
    return DevelopmentChain(anvil, wallet, chain_contracts.deploy(anvil, wallet.address)["networks"])


@pytest.fixture
def chain(deployed_chain: DevelopmentChain) -> Iterator[DevelopmentChain]:
    """The deployed chain; the changes of each test are reverted."""
    with reverted_at_the_end(deployed_chain.rpc_url):
        yield deployed_chain


@pytest.fixture
def ledger(chain: DevelopmentChain) -> Iterator[Ledger]:
    with Rpc(chain.rpc_url) as rpc:
        yield Ledger(rpc)


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """A pool that is not provisioned yet."""
    return PoolOnChain.of(chain, ledger, SIZE)


@pytest.fixture
def new_wallet(chain: DevelopmentChain, ledger: Ledger) -> LocalAccount:
    """Another wallet, funded and a manager of the network registry, as preflight requires."""
    account = Account.create()
    registry = chain.contracts["rotsee"]["networkRegistry"]
    grant_manager_role(ledger, registry, account.address)
    ledger.rpc.call("anvil_setBalance", account.address, hex(10**20))
    return account  # type: ignore[no-any-return]


@pytest.fixture
def short_receipt_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait 1.5 s for a receipt where the program waits minutes."""
    monkeypatch.setattr(delivery, "_PATIENCE_S", 1.5)


@pytest.fixture
def provider(pool: PoolOnChain) -> PoolOnChainProvider:
    """Pulumi's provider of pools, configured with the pool's wallet."""
    return stack.configured(pool.chain.rpc_url, bytes(pool.chain.wallet.key).hex())


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """The identity files of the nodes of `pool`."""
    return stack.identity_files(SIZE)


@pytest.fixture
def decommissioning(pool: PoolOnChain) -> Decommission:
    """The pool in service, to be decommissioned."""
    return Decommission.in_service(pool)


@pytest.fixture(params=["local", "rotsee", "dufour"])
def network(chain: DevelopmentChain, request: pytest.FixtureRequest) -> dict[str, str]:
    """Contract name to address, of each network in turn."""
    return chain.contracts[request.param]


@pytest.fixture
def node() -> LocalAccount:
    """A node's chain key."""
    created: LocalAccount = Account.create()
    return created


@pytest.fixture
def identity(chain: DevelopmentChain, ledger: Ledger, network: dict[str, str], node: LocalAccount) -> PlannedIdentity:
    """The node's identity, set up without the program, neither funded nor registered."""
    planned = plan_identity(ledger, chain.wallet, network, node.address)
    set_up(ledger, chain.wallet, [planned])
    return planned
