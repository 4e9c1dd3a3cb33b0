"""An endpoint keeps showing a paid identity as unpaid: a run pays each payee once, and reports the second payment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from config.models.scalars import Amount
from config.models.spending import SpendingLimits
from identity.errors import PaidAlready, SpendingRefused
from identity.observation.observe import ObservedPool, observe
from identity.secrets.signers import LocalSigner
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.funding_job import order_for, top_up
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, PoolOnChain

pytestmark = pytest.mark.faults

POOR_WEI = NODE_XDAI_WEI // 4


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """Two complete identities; the first node lacks xDai."""
    pool = PoolOnChain.of(chain, ledger, 2)
    pool.apply()
    ledger.rpc.call("anvil_setBalance", pool.desired.identities[0].node, hex(POOR_WEI))
    return pool


def hide(monkeypatch: pytest.MonkeyPatch, **balances: int) -> None:
    """Every observation of a run shows these balances for core-1, whatever it holds."""

    def observe_without_payments(*arguments: Any) -> ObservedPool:
        observed = observe(*arguments)
        unpaid = replace(observed.identities["core-1"], **balances)  # type: ignore[arg-type]
        return replace(observed, identities={**observed.identities, "core-1": unpaid})

    monkeypatch.setattr("identity.submission.rounds.observe", observe_without_payments)


def by_the_program(pool: PoolOnChain) -> None:
    pool.apply()


def by_the_funding_job(pool: PoolOnChain) -> None:
    top_up(pool, LocalSigner(bytes(pool.chain.wallet.key)))


@pytest.mark.parametrize("pay", [by_the_program, by_the_funding_job])
def test_a_node_that_always_looks_poor_is_paid_once(
    pool: PoolOnChain, monkeypatch: pytest.MonkeyPatch, pay: Callable[[PoolOnChain], None]
) -> None:
    node = pool.desired.identities[0].node
    hide(monkeypatch, node_xdai_wei=POOR_WEI)
    with pytest.raises(PaidAlready, match=r"core-1: this run has paid it xDai in transaction 0x[0-9a-f]{64}"):
        pay(pool)
    assert pool.ledger.xdai_of(node) == NODE_XDAI_WEI


@pytest.mark.parametrize("pay", [by_the_program, by_the_funding_job])
def test_a_safe_that_always_looks_empty_is_paid_once(
    pool: PoolOnChain, monkeypatch: pytest.MonkeyPatch, pay: Callable[[PoolOnChain], None]
) -> None:
    pool = pool.with_policy(safe_wxhopr_wei=SAFE_WXHOPR_WEI, safe_wxhopr_minimum_wei=SAFE_WXHOPR_WEI // 2)
    safe, token = pool.desired.identities[0].safe, pool.desired.contracts.token
    before_wei = pool.ledger.view(token, "balanceOf(address)", safe, returns="uint256")
    hide(monkeypatch, safe_wxhopr_wei=0)
    with pytest.raises(PaidAlready, match=r"core-1: this run has paid it wxHOPR in transaction"):
        pay(pool)
    after_wei = pool.ledger.view(token, "balanceOf(address)", safe, returns="uint256")
    assert after_wei - before_wei == SAFE_WXHOPR_WEI


def test_the_funding_job_pays_nothing_above_a_limit(pool: PoolOnChain) -> None:
    order = replace(order_for(pool), limits=SpendingLimits(xdai=Amount("0.0001")))
    count = pool.transactions_of_wallet()
    with pytest.raises(SpendingRefused, match=r"spending\.xdai: this run would spend up to .* at most 0\.0001 are"):
        top_up(pool, LocalSigner(bytes(pool.chain.wallet.key)), order)
    assert pool.transactions_of_wallet() == count
