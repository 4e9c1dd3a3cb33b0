"""Limits and balances apply to all pools of a stack and to every call of a run: `check`, `diff` and payments."""

from __future__ import annotations

import re
from typing import Any

import pytest

from config.models.pools import Pool
from identity.errors import SpendingRefused
from identity.evm.calls import Call
from identity.evm.contracts import TOKEN
from identity.provider import PoolOnChainProvider
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.interruptions import InterruptedClient, Killed, kill
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import THIRD_PARTY, WXHOPR, XDAI, PoolOnChain
from testkit.chain.stack import configured, created, inputs_for, updated


@pytest.fixture
def core(pool: PoolOnChain) -> PoolOnChain:
    return pool


@pytest.fixture
def edge(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, 2, first=10)


def inputs_of(pool: PoolOnChain, name: str, wxhopr: str = "10", pool_limits: dict[str, str] | None = None) -> Any:
    """Return the inputs of a pool with its own spending limits."""
    settings = Pool(size=2, balances={"safe_wxhopr": wxhopr}, spending=pool_limits or {})  # type: ignore[arg-type]
    return inputs_for(pool, settings, name)


def provider_of(pool: PoolOnChain, run_limits: dict[str, str] | None = None) -> PoolOnChainProvider:
    """Return the provider of a new run, with spending limits for all pools together."""
    return configured(pool.chain.rpc_url, bytes(pool.chain.wallet.key).hex(), spending=run_limits or {})


def drain_nodes(pool: PoolOnChain) -> None:
    for identity in pool.desired.identities:
        pool.ledger.rpc.call("anvil_setBalance", identity.node, "0x1")


def drain_safes(pool: PoolOnChain) -> None:
    token = pool.desired.contracts.token
    for identity in pool.desired.identities:
        pool.as_safe(identity, Call(token, TOKEN.encode("transfer", THIRD_PARTY, 10 * WXHOPR)))


def reduce_wallet_to(pool: PoolOnChain, *, xdai_wei: int | None = None, wxhopr_wei: int | None = None) -> None:
    """Reduce the wallet's balances to these amounts."""
    wallet, token = pool.desired.wallet, pool.desired.contracts.token
    if wxhopr_wei is not None:
        pool.ledger.send(wallet, token, TOKEN.encode("transfer", THIRD_PARTY, pool.held_by_wallet()[1] - wxhopr_wei))
    if xdai_wei is not None:
        pool.ledger.rpc.call("anvil_setBalance", wallet, hex(xdai_wei))


SPENDING_LIMITS = pytest.mark.parametrize(
    ("run_limits", "core_limits", "message"),
    [
        ({}, {"xdai": "0.2"}, r"^pools\.core\.spending\.xdai: .*\(core 0\.2\d+, gas .*\), at most 0\.2 are allowed"),
        (
            {},
            {"wxhopr": "19"},
            r"^pools\.core\.spending\.wxhopr: .*up to 20 wxHOPR \(core 20\), at most 19 are allowed",
        ),
        ({"xdai": "0.2"}, {}, r"^spending\.xdai: .*\(core 0\.2\d+, gas .*\), at most 0\.2 are allowed"),
        ({"wxhopr": "19"}, {}, r"^spending\.wxhopr: .*up to 20 wxHOPR \(core 20\), at most 19 are allowed"),
    ],
)


@SPENDING_LIMITS
def test_above_a_limit_check_fails_with_its_path_and_the_sums(
    core: PoolOnChain, run_limits: dict[str, str], core_limits: dict[str, str], message: str
) -> None:
    (failure,) = provider_of(core, run_limits).check({}, inputs_of(core, "core", pool_limits=core_limits)).failures
    assert re.search(message, failure.reason), failure.reason


@SPENDING_LIMITS
def test_above_a_limit_create_sends_nothing_without_a_previous_check(
    core: PoolOnChain, run_limits: dict[str, str], core_limits: dict[str, str], message: str
) -> None:
    with pytest.raises(SpendingRefused, match=message):
        provider_of(core, run_limits).create(inputs_of(core, "core", pool_limits=core_limits))
    assert core.transactions_of_wallet() == 0


@SPENDING_LIMITS
def test_above_a_limit_update_sends_nothing_without_a_previous_check(
    core: PoolOnChain, run_limits: dict[str, str], core_limits: dict[str, str], message: str
) -> None:
    inputs = inputs_of(core, "core", pool_limits=core_limits)
    outputs = created(provider_of(core), inputs_of(core, "core"))
    drain_nodes(core)
    drain_safes(core)
    count = core.transactions_of_wallet()
    with pytest.raises(SpendingRefused, match=message):
        updated(provider_of(core, run_limits), outputs, inputs)
    assert core.transactions_of_wallet() == count


@pytest.mark.parametrize(
    ("balance_wei", "message"),
    [
        ({"xdai_wei": 35 * XDAI // 100}, r"0\.01 to keep \(spending\.keepXdai\), 0\.2\d+ for other pools\)"),
        (
            {"wxhopr_wei": 30 * WXHOPR},
            r"has 30 wxHOPR and needs 40 for the Safes, 20 of it for other pools: send it 10 ",
        ),
    ],
)
def test_a_balance_for_only_one_of_two_pools_is_reported_before_either_is_paid(
    core: PoolOnChain, edge: PoolOnChain, balance_wei: dict[str, int], message: str
) -> None:
    reduce_wallet_to(core, **balance_wei)
    count = core.transactions_of_wallet()
    provider = provider_of(core)
    assert provider.check({}, inputs_of(core, "core")).failures == []
    (failure,) = provider.check({}, inputs_of(edge, "edge")).failures
    assert re.search(message, failure.reason), failure.reason
    assert core.transactions_of_wallet() == count


def test_diff_refuses_two_top_ups_if_the_run_budget_covers_only_one(core: PoolOnChain, edge: PoolOnChain) -> None:
    core_inputs, edge_inputs = inputs_of(core, "core"), inputs_of(edge, "edge")
    core_outputs, edge_outputs = created(provider_of(core), core_inputs), created(provider_of(core), edge_inputs)
    drain_nodes(core)
    drain_nodes(edge)
    count = core.transactions_of_wallet()
    provider = provider_of(core, {"xdai": "0.3"})
    assert provider.diff("rotsee/core", core_outputs, core_inputs).changes is True
    with pytest.raises(SpendingRefused, match=r"^spending\.xdai: .*\(core 0\.2\d+, edge 0\.2\d+, gas "):
        provider.diff("rotsee/edge", edge_outputs, edge_inputs)
    assert core.transactions_of_wallet() == count


def test_a_refused_claim_keeps_the_earlier_claim_of_the_pool(core: PoolOnChain, edge: PoolOnChain) -> None:
    provider = provider_of(core, {"wxhopr": "30"})
    assert provider.check({}, inputs_of(core, "core")).failures == []
    (refused,) = provider.check({}, inputs_of(core, "core", wxhopr="16")).failures
    assert "(core 32)" in refused.reason
    (failure,) = provider.check({}, inputs_of(edge, "edge")).failures
    assert "up to 40 wxHOPR (core 20, edge 20), at most 30 are allowed" in failure.reason


def test_a_completed_payment_is_not_reserved_again(core: PoolOnChain, edge: PoolOnChain) -> None:
    reduce_wallet_to(core, wxhopr_wei=40 * WXHOPR)
    provider = provider_of(core)
    for pool, name in ((core, "core"), (edge, "edge")):
        assert provider.check({}, inputs_of(pool, name)).failures == []
    created(provider, paid := inputs_of(core, "core"))
    assert provider.check(paid, {**paid, "drainOnDestroy": True}).failures == []
    created(provider, inputs_of(edge, "edge"))
    assert core.held_by_wallet()[1] == 0


def test_a_pool_that_stops_while_paying_does_not_block_the_other_pool(
    core: PoolOnChain, edge: PoolOnChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    reduce_wallet_to(core, wxhopr_wei=40 * WXHOPR)
    provider = provider_of(core)
    last_payment = 4
    killed = InterruptedClient(core.chain.rpc_url, at=last_payment, after=kill)
    with monkeypatch.context() as patched:
        patched.setattr(provider.run, "client", lambda _report: killed)
        with pytest.raises(Killed):
            provider.create(inputs_of(core, "core"))
    created(provider, inputs_of(edge, "edge"))
    assert core.held_by_wallet()[1] == 0
