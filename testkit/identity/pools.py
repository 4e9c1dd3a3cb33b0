"""Desired pools for the pure tests."""

from config.models.networks import BUILT_IN, Network
from identity.evm.contracts import UNLIMITED_WEI
from identity.observation.desired import DesiredPool, Policy
from identity.provisioning.plan import plan
from testkit.identity.fake_chain import FakeChain

XDAI = WXHOPR = 10**18


def network() -> Network:
    """Rotsee."""
    entry = BUILT_IN["rotsee"]
    return Network(name="rotsee", chain_id=entry.chain_id, contracts=entry.contracts)


def policy(wallet: str, **changes: object) -> Policy:
    """Return the default policy of a pool of this wallet, with changes."""
    defaults: dict[str, object] = {
        "owners": (wallet,),
        "threshold": 1,
        "allowance_wei": UNLIMITED_WEI,
        "node_xdai_wei": XDAI // 10,
        "node_xdai_minimum_wei": XDAI // 20,
        "safe_wxhopr_wei": 0,
        "safe_wxhopr_minimum_wei": 0,
        "register_nodes": True,
    }
    return Policy(**{**defaults, **changes})  # type: ignore[arg-type]


WALLET = "0x05801834Fd089aFe070dAB49B2111B92A4725893"
ADMIN = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
SECOND_ADMIN = "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
THIRD_PARTY = "0x826A1bF3d51Fa7F402A1E01d1B2C8A8bAC28E666"
BLOCK_GAS = 16_700_000
WALLET_XDAI, WALLET_WXHOPR = 1_000 * XDAI, 100_000 * WXHOPR
OWNERS = [((WALLET,), 1), ((WALLET, ADMIN), 1), ((ADMIN, WALLET), 2), ((ADMIN, SECOND_ADMIN), 2), ((ADMIN,), 1)]


def pool(size: int, **changes: object) -> DesiredPool:
    nodes = {f"core-{number}": f"0x{number:040x}" for number in range(1, size + 1)}
    return DesiredPool.of(network(), WALLET, policy(WALLET, **changes), nodes)


def empty_chain(desired: DesiredPool) -> FakeChain:
    return FakeChain(desired, xdai={WALLET: WALLET_XDAI}, wxhopr={WALLET: WALLET_WXHOPR})


def run(chain: FakeChain, crashes: list[int]) -> int:
    """Plan and mine round after round; `crashes` has the number of transactions after which a round is interrupted."""
    for rounds in range(60):
        transactions = plan(chain.desired, chain.observe(), BLOCK_GAS)
        if not transactions:
            return rounds
        stop = crashes.pop() if crashes else len(transactions)
        for transaction in transactions[:stop]:
            chain.mine(transaction)
    raise AssertionError("the plan is never empty")
