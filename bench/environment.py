"""The chain that is measured on: an anvil of its own for each case, with devnet's contracts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eth_account import Account
from rich.console import Console

from devnet import chain_contracts
from devnet.rpc import Rpc
from devnet.toolchain.catalog import TOOLS
from devnet.toolchain.obtain import obtain
from devnet.toolchain.progress import ToolProgress
from identity.submission.journal import Journal
from testkit.chain.anvil_process import GNOSIS_CHAIN_ID, running_anvil
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain


def anvil_program(console: Console) -> Path:
    """The anvil that devnet runs; says so where it must be fetched."""
    with ToolProgress(console) as progress:
        return obtain(progress, [tool for tool in TOOLS if tool.name == "anvil"])["anvil"]


@dataclass(frozen=True)
class BenchChain:
    """A chain with a wallet that may register nodes; a block comes with each transaction unless `every` is used."""

    chain: DevelopmentChain
    ledger: Ledger
    folder: Path

    def pool(self, size: int, *, first: int = 1, **policy: object) -> PoolOnChain:
        """A pool that is not made yet; its nodes are numbered from `first` on."""
        return PoolOnChain.of(self.chain, self.ledger, size, first=first, **policy)

    def journal(self) -> Journal:
        """The wallet's journal, which goes with the chain."""
        return Journal(GNOSIS_CHAIN_ID, self.chain.wallet.address, self.folder)

    @contextmanager
    def every(self, seconds: int) -> Iterator[None]:
        """A block comes every so many seconds; with 0 nothing changes."""
        rpc = self.ledger.rpc
        if not seconds:
            yield
            return
        rpc.call("evm_setAutomine", False)
        rpc.call("evm_setIntervalMining", seconds)
        try:
            yield
        finally:
            rpc.call("evm_setIntervalMining", 0)
            rpc.call("evm_setAutomine", True)


@contextmanager
def prepared(anvil: Path) -> Iterator[BenchChain]:
    """Starts a chain with the contracts on it and a new wallet; all of it is gone afterwards."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with running_anvil(anvil, folder / "anvil.log") as url, Rpc(url) as rpc:
            wallet = Account.create()
            networks = chain_contracts.deploy(url, wallet.address)["networks"]
            yield BenchChain(DevelopmentChain(url, wallet, networks), Ledger(rpc), folder / "journal")
