"""The runway of balances is in the outputs of the run that tops them up, without a refresh."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.models.pools import Pool
from identity.evm.calls import Call
from identity.evm.contracts import TOKEN
from testkit.chain.pool_on_chain import SIZE, THIRD_PARTY, WXHOPR, XDAI, PoolOnChain
from testkit.chain.stack import configured, created, inputs_for, updated

DAY_S = 86_400


def spend_60_percent_of_the_node(pool: PoolOnChain) -> None:
    pool.ledger.rpc.call("anvil_setBalance", pool.desired.identities[0].node, hex(4 * XDAI // 100))


def spend_60_percent_of_the_safe(pool: PoolOnChain) -> None:
    first = pool.desired.identities[0]
    pool.as_safe(first, Call(pool.desired.contracts.token, TOKEN.encode("transfer", THIRD_PARTY, 6 * WXHOPR)))


@pytest.mark.parametrize(
    ("spend", "key", "spent_wei"),
    [
        (spend_60_percent_of_the_node, "nodeXdaiRunway", 6 * XDAI // 100),
        (spend_60_percent_of_the_safe, "safeWxhoprRunway", 6 * WXHOPR),
    ],
)
def test_the_run_that_tops_up_a_balance_outputs_its_runway(
    pool: PoolOnChain, spend: Callable[[PoolOnChain], None], key: str, spent_wei: int
) -> None:
    provider = configured(pool.chain.rpc_url, bytes(pool.chain.wallet.key).hex())
    inputs = inputs_for(pool, Pool(size=SIZE, balances={"safe_wxhopr": "10"}))  # type: ignore[arg-type]
    outputs = created(provider, inputs)
    pool.ledger.rpc.call("evm_increaseTime", DAY_S)
    spend(pool)
    pool.ledger.rpc.call("evm_mine")
    first, second = updated(provider, outputs, inputs)["identities"].values()
    assert first[key]["days"] == pytest.approx(10 / 6, abs=0.05)
    assert int(first[key]["weiPerDay"]) == pytest.approx(spent_wei, rel=0.01)
    assert "days" not in second[key]
