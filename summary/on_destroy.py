"""What a destroy of a pool does to its money and volumes, as one sentence of the stack outputs. Pure.

`pulumi destroy` runs no program unless it gets `--run-program`; with `--diff` or `--json` it shows the outputs that go.
"""

from collections.abc import Mapping
from typing import Any

from config.models.pools import Pool
from config.stack_state import PoolState
from config.validation.explain import counted
from summary.chain import LeftBehind


def on_destroy(name: str, pool: Pool, identities: Mapping[str, Any], wallet: str) -> str:
    """Return the sentence; `identities` are those in the outputs of the pool on chain."""
    held = LeftBehind.recorded(PoolState.read({"identities": identities}).identities)
    who = counted(len(held.names), "identity")
    money = (
        f"{who} are drained: about {held.holdings} move to wallet {wallet}"
        if pool.drain_on_destroy
        else f"{who} are left behind on chain with {held.holdings}"
    )
    volumes = counted(len(pool.in_service(name)), "volume")
    return f"{money}; {volumes} {'stay' if pool.retain_volumes else 'are deleted'} (as of the last change or refresh)"
