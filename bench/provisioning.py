"""Making pools of complete identities: ours through the program, hopli's with its own transactions."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from pydantic import SecretStr

from bench.environment import BenchChain
from config.models.chain import ChainSettings
from testkit.chain import hoplis_way
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, Before, node_address

_SIZE_OF_THE_POOL_BEFORE = 8
"""So many Safes are paid through the operator Safe, and every later one too."""
_FIRST_NODE_OF_THE_POOL_BEFORE = 1
_FIRST_NODE = 1_000
_NETWORK = "rotsee"

Report = Callable[[str], None]


@dataclass(frozen=True)
class Conditions:
    """Block time in seconds (0: a block with each transaction), and how deep the end must be."""

    block_time_s: int = 5
    confirmations: int = 8


@dataclass(frozen=True)
class Made:
    """What it took to make a pool; gas is the sum over all transactions of the wallet, whatever became of them.

    `blocks`: from the newest block before the run to the one with the last transaction; `blocks_until_done`: to the
    newest one when the run ended, confirmations included. Hopli's have no time: nobody waits between them here.
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


def by_us(
    environment: BenchChain, size: int, conditions: Conditions, report: Report, *, first: int = _FIRST_NODE
) -> Made:
    """Makes a pool of complete identities as `pulumi up` does, and checks to the wei that it is what was wanted."""
    pool = environment.pool(size, first=first)
    chain_settings = ChainSettings(
        rpc_url=SecretStr(environment.chain.rpc_url),
        confirmations=conditions.confirmations,
        block_time_s=conditions.block_time_s,
    )
    with environment.every(conditions.block_time_s):
        before, started = Before.of(pool), monotonic()
        pool.apply(chain_settings=chain_settings, report=report, journal=environment.journal())
        seconds, block = monotonic() - started, pool.block()
    before.assert_paid_once()
    receipts = pool.receipts_since(before.block)
    return Made(
        n=size,
        gas=sum(receipt.gas_used for receipt in receipts),
        transactions=len(receipts),
        seconds=round(seconds, 1),
        blocks=max(receipt.block_number for receipt in receipts) - before.block,
        blocks_until_done=block - before.block,
    )


def prepare_operator(environment: BenchChain, report: Report) -> None:
    """Makes a first pool that is large enough for the wallet to pay through its operator Safe ever after."""
    at_once = Conditions(block_time_s=0, confirmations=1)
    by_us(environment, _SIZE_OF_THE_POOL_BEFORE, at_once, report, first=_FIRST_NODE_OF_THE_POOL_BEFORE)


def by_hopli(environment: BenchChain, size: int, report: Report) -> Made:
    """Makes as many complete identities one after the other, as hopli does."""
    funds = hoplis_way.Funds(NODE_XDAI_WEI, SAFE_WXHOPR_WEI)
    network, wallet = environment.chain.contracts[_NETWORK], environment.chain.wallet
    receipts = []
    for number in range(size):
        report(f"identity {number + 1} of {size}")
        node = node_address(_FIRST_NODE + number)
        receipts += list(hoplis_way.complete(environment.ledger, wallet, network, node, number, funds))
    return Made(size, sum(receipt.gas_used for receipt in receipts), len(receipts))
