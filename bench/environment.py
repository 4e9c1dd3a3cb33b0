"""The chains of the benchmarks: one anvil for each case, with devnet's contracts."""

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
    """Return devnet's anvil; shows the progress if it must be obtained first."""
    with ToolProgress(console) as progress:
        return obtain(progress, [tool for tool in TOOLS if tool.name == "anvil"])["anvil"]


@dataclass(frozen=True)
class BenchChain:
    """A chain whose wallet is a registry manager; it mines each transaction at once, except in `interval_mining`."""

    chain: DevelopmentChain
    ledger: Ledger
    folder: Path

    def pool(self, size: int, *, first: int = 1, **policy: object) -> PoolOnChain:
        """Return a pool that does not exist on chain yet; its node numbers start at `first`."""
        return PoolOnChain.of(self.chain, self.ledger, size, first=first, **policy)

    def journal(self) -> Journal:
        """Return the wallet's journal, which is deleted together with the chain."""
        return Journal(GNOSIS_CHAIN_ID, self.chain.wallet.address, self.folder)

    @contextmanager
    def interval_mining(self, seconds: int) -> Iterator[None]:
        """Mine a block every so many seconds; 0 keeps one block for each transaction."""
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
def running_chain(anvil: Path) -> Iterator[BenchChain]:
    """Start a chain with the contracts and a new wallet, and delete everything afterwards."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with running_anvil(anvil, folder / "anvil.log") as url, Rpc(url) as rpc:
            wallet = Account.create()
            networks = chain_contracts.deploy(url, wallet.address)["networks"]
            yield BenchChain(DevelopmentChain(url, wallet, networks), Ledger(rpc), folder / "journal")
