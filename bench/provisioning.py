"""Provisions pools with the program, and the same number of identities with hopli's transactions."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from pydantic import SecretStr

from bench.environment import BenchChain
from config.models.chain import ChainSettings
from testkit.chain import hopli_setup
from testkit.chain.fees import receipts_since
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, Before, node_address

_EARLIER_POOL_SIZE = 8
"""From this many Safes on, the operator Safe pays wxHOPR, for this and all later pools."""
_EARLIER_POOL_FIRST_NODE = 1
_FIRST_NODE = 1_000
_NETWORK = "rotsee"

Report = Callable[[str], None]


@dataclass(frozen=True)
class ChainTiming:
    """Block time in seconds (0: one block for each transaction), and the required confirmations."""

    block_time_s: int = 5
    confirmations: int = 8


@dataclass(frozen=True)
class PoolFigures:
    """The cost of provisioning a pool; gas is the sum over all transactions of the wallet, including failed ones.

    `blocks` counts from the latest block before the run to the block of the last transaction; `blocks_until_done` to
    the latest block at the end of the run, with confirmations. Hopli's figures have no times, because nothing waits
    between its transactions here.
    """

    n: int
    gas: int
    transactions: int
    seconds: float = 0
    blocks: int = 0
    blocks_until_done: int = 0

    @property
    def gas_per_identity(self) -> int:
        """Rounded up."""
        return -(-self.gas // self.n)


def provision_with_program(
    environment: BenchChain, size: int, timing: ChainTiming, report: Report, *, first: int = _FIRST_NODE
) -> PoolFigures:
    """Provision a pool as `pulumi up` does, and check all balances to the wei."""
    pool = environment.pool(size, first=first)
    chain_settings = ChainSettings(
        rpc_url=SecretStr(environment.chain.rpc_url),
        confirmations=timing.confirmations,
        block_time_s=timing.block_time_s,
    )
    with environment.interval_mining(timing.block_time_s):
        before, started = Before.of(pool), monotonic()
        pool.apply(chain_settings=chain_settings, report=report, journal=environment.journal())
        seconds, block = monotonic() - started, pool.block()
    before.assert_paid_once()
    receipts = receipts_since(pool.ledger.rpc, [pool.chain.wallet.address], before.block)
    return PoolFigures(
        n=size,
        gas=sum(int(receipt["gasUsed"], 16) for receipt in receipts),
        transactions=len(receipts),
        seconds=round(seconds, 1),
        blocks=max(int(receipt["blockNumber"], 16) for receipt in receipts) - before.block,
        blocks_until_done=block - before.block,
    )


def prepare_operator(environment: BenchChain, report: Report) -> None:
    """Provision an earlier pool that is large enough for the wallet to pay through its operator Safe from then on."""
    immediate = ChainTiming(block_time_s=0, confirmations=1)
    provision_with_program(environment, _EARLIER_POOL_SIZE, immediate, report, first=_EARLIER_POOL_FIRST_NODE)


def provision_with_hopli(environment: BenchChain, size: int, report: Report) -> PoolFigures:
    """Create the same number of complete identities one after the other, as hopli does."""
    funds = hopli_setup.Funds(NODE_XDAI_WEI, SAFE_WXHOPR_WEI)
    network, wallet = environment.chain.contracts[_NETWORK], environment.chain.wallet
    receipts = []
    for number in range(size):
        report(f"identity {number + 1} of {size}")
        node = node_address(_FIRST_NODE + number)
        receipts += list(hopli_setup.complete(environment.ledger, wallet, network, node, number, funds))
    return PoolFigures(size, sum(receipt.gas_used for receipt in receipts), len(receipts))
