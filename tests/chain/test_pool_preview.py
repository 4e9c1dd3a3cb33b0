"""`pulumi preview` of a pool, against a real EVM: addresses, steps, cost to the wei, and problems."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from config.models.pools import Pool
from config.models.scalars import Amount
from config.models.spending import SpendingLimits
from config.stack_state import PoolState
from identity.observation.desired import Policy
from identity.observation.pool_spec import PoolSpec
from identity.preview import Preview
from identity.provisioning.assessment import Assessment, Wallets
from identity.submission.spending import Reserve
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import revoke_manager_role
from testkit.chain.pool_on_chain import SAFE_WXHOPR_WEI, XDAI, PoolOnChain
from testkit.chain.preview import describe_pool
from testkit.faults.relay import Relay, answer, every, relaying
from testkit.identity.endpoint import refusal

GWEI = 10**9
TEN_WXHOPR = {"safe_wxhopr": Amount("10")}
WITHOUT_KEYS = dict.fromkeys(("core-1", "core-2", "core-3"))


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, 3, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)


@pytest.fixture
def nodes(pool: PoolOnChain) -> dict[str, str | None]:
    return {identity.name: identity.node for identity in pool.desired.identities}


@pytest.fixture
def relay(chain: DevelopmentChain) -> Iterator[Relay]:
    with relaying(chain.rpc_url) as relay:
        yield relay


def amounts(text: str, pattern: str) -> list[int]:
    """Return the numbers of a sentence, scaled by 10**18 as wei. Each `#` in the pattern matches one number."""
    found = re.search(re.escape(pattern).replace("\\#", r"([0-9.,]*[0-9])"), text)
    assert found, text
    return [Amount(number.replace(",", "")).wei for number in found.groups()]


def test_a_preview_shows_addresses_transactions_and_cost(pool: PoolOnChain) -> None:
    settings = pool.settings()
    assert Policy.of(settings.pools["core"], settings.wallet.address) == pool.desired.policy
    first, second, _ = pool.desired.identities
    text = describe_pool(settings, "core", {"core-1": first.node, "core-2": second.node, "core-3": None})
    assert all(address in text for address in (first.node, first.safe, first.module, second.safe))
    assert "known once its keys exist" in text
    assert "3 transactions" in text
    assert "Pays 0.3 xDai and 0 wxHOPR" in text
    pool.apply()
    text = describe_pool(settings, "core", {identity.name: identity.node for identity in pool.desired.identities})
    assert "Nothing to send" in text
    assert first.safe in text


@pytest.mark.parametrize(("size", "method"), [(3, "plain transfers"), (12, "operator Safe 0x")])
def test_a_preview_shows_how_wxhopr_is_paid(pool: PoolOnChain, size: int, method: str) -> None:
    settings = pool.settings(balances={"safe_wxhopr": Amount("10")})
    assert method in describe_pool(settings, "core", {f"core-{number}": None for number in range(size)})


def test_a_preview_lists_problems_of_the_wallet(pool: PoolOnChain, ledger: Ledger) -> None:
    ledger.rpc.call("anvil_setBalance", pool.desired.wallet, "0x1")
    text = describe_pool(pool.settings(), "core", {"core-1": None})
    assert "Problem: wallet:" in text


@pytest.mark.parametrize(("tip_gwei", "max_fee_gwei"), [(2, 10), (10, 10), (3, 7)])
def test_a_preview_shows_the_gas_cost_at_the_present_fee_and_at_the_maximum_fee(
    pool: PoolOnChain, ledger: Ledger, tip_gwei: int, max_fee_gwei: int
) -> None:
    base_fee_wei = int(ledger.rpc.call("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    fees = {"priority_fee_gwei": tip_gwei, "max_fee_gwei": max_fee_gwei}
    settings = pool.settings()
    settings = settings.model_copy(update={"chain": settings.chain.model_copy(update=fees)})
    text = describe_pool(settings, "core", WITHOUT_KEYS)
    gas, current_wei, maximum_wei = amounts(
        text, f"about # gas: # xDai at the current fee, # xDai at most ({max_fee_gwei} gwei)"
    )
    assert current_wei == gas // XDAI * min(base_fee_wei + tip_gwei * GWEI, max_fee_gwei * GWEI)
    assert maximum_wei == gas // XDAI * 13 // 10 * max_fee_gwei * GWEI


def test_the_remaining_balance_is_the_balance_less_payments_and_maximum_gas(
    pool: PoolOnChain, nodes: dict[str, str | None]
) -> None:
    held_xdai_wei, held_wxhopr_wei = pool.held_by_wallet()
    text = describe_pool(pool.settings(balances=TEN_WXHOPR), "core", nodes)
    (maximum_wei,) = amounts(text, "# xDai at most")
    assert amounts(text, "Pays # xDai and # wxHOPR.") == [3 * XDAI // 10, 3 * SAFE_WXHOPR_WEI]
    remaining_xdai_wei, remaining_wxhopr_wei = amounts(text, "keeps at least # xDai and # wxHOPR.")
    assert remaining_xdai_wei == held_xdai_wei - 3 * XDAI // 10 - maximum_wei
    assert remaining_wxhopr_wei == held_wxhopr_wei - 3 * SAFE_WXHOPR_WEI


def test_no_run_costs_more_than_its_preview(pool: PoolOnChain, nodes: dict[str, str | None]) -> None:
    text = describe_pool(pool.settings(balances=TEN_WXHOPR), "core", nodes)
    remaining_xdai_wei, remaining_wxhopr_wei = amounts(text, "keeps at least # xDai and # wxHOPR.")
    pool.with_policy(safe_wxhopr_wei=SAFE_WXHOPR_WEI, safe_wxhopr_minimum_wei=SAFE_WXHOPR_WEI // 2).apply()
    held_xdai_wei, held_wxhopr_wei = pool.held_by_wallet()
    assert remaining_xdai_wei <= held_xdai_wei
    assert remaining_wxhopr_wei == held_wxhopr_wei


def test_with_several_pools_the_remaining_balance_is_labelled_as_after_this_pool(pool: PoolOnChain) -> None:
    alone = pool.settings()
    both = alone.model_copy(update={"pools": {**alone.pools, "edge": Pool(size=1)}})
    assert "after this pool" not in describe_pool(alone, "core", WITHOUT_KEYS)
    assert "wxHOPR after this pool." in describe_pool(both, "core", WITHOUT_KEYS)


def test_a_preview_shows_the_limits_that_its_run_would_exceed(pool: PoolOnChain) -> None:
    settings = pool.settings(balances=TEN_WXHOPR, spending=SpendingLimits(xdai=Amount("0.31"), wxhopr=Amount("29")))
    problems = [
        line for line in describe_pool(settings, "core", WITHOUT_KEYS).splitlines() if line.startswith("Problem: ")
    ]
    assert [line.split(": ")[1] for line in problems] == ["pools.core.spending.xdai", "pools.core.spending.wxhopr"]
    assert "would spend up to 30 wxHOPR (core 30), at most 29 are allowed" in problems[1]
    enough = pool.settings(balances=TEN_WXHOPR, spending=SpendingLimits(xdai=Amount("0.4"), wxhopr=Amount("30")))
    assert "Problem:" not in describe_pool(enough, "core", WITHOUT_KEYS)


def test_a_missing_role_is_shown_even_with_nothing_to_send(
    pool: PoolOnChain, ledger: Ledger, nodes: dict[str, str | None]
) -> None:
    pool.with_policy(register_nodes=False).apply()
    revoke_manager_role(ledger, pool.desired.contracts.network_registry, pool.desired.wallet)
    text = describe_pool(pool.settings(), "core", nodes)
    assert "Nothing to send" in text
    assert f"Problem: wallet: {pool.desired.wallet} may not register nodes on network rotsee" in text


def test_without_log_search_a_complete_pool_has_nothing_to_send_and_the_preview_says_so(
    pool: PoolOnChain, nodes: dict[str, str | None], relay: Relay
) -> None:
    pool.apply()
    relay.handler = every("eth_getLogs", answer(refusal("the method eth_getLogs is not available", code=-32601)))
    text = describe_pool(pool.settings(relay.url), "core", nodes)
    assert "Nothing to send" in text
    assert "The endpoint does not search logs" in text
    assert "Problem:" not in text
    assert "The endpoint does not search logs" not in describe_pool(pool.settings(), "core", nodes)


def test_a_folded_preview_has_one_line_for_all_identities_with_the_same_steps(pool: PoolOnChain) -> None:
    settings = pool.settings()
    spec = PoolSpec.configured(settings, "core", {f"core-{number}": None for number in range(1, 101)})
    assessment = Assessment.of(
        pool.client(), settings.chain, spec, Wallets(settings.wallet.deployers), PoolState()
    ).with_eligibility_assumed()
    text = Preview(assessment, Reserve(0), is_only_pool=True).folded()
    assert text.splitlines()[:2] == [
        "Pool core on rotsee",
        "  core-1…100: create Safe and module, pay 0.1 xDai, register",
    ]
    assert "transactions, about" in text
    assert len(text.splitlines()) < 8
