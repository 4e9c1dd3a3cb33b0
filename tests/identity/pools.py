"""Pools to plan for in the pure tests."""

from config.networks import BUILT_IN, Network
from identity.contracts import UNLIMITED_WEI
from identity.wanted import Policy

XDAI = WXHOPR = 10**18


def network() -> Network:
    """Rotsee."""
    entry = BUILT_IN["rotsee"]
    return Network(name="rotsee", chain_id=entry.chain_id, contracts=entry.contracts)


def policy(wallet: str, **changes: object) -> Policy:
    """The default policy of a pool of this wallet, with changes."""
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
