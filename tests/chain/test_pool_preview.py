"""What `pulumi preview` shows of a pool, against a real EVM: addresses, steps, cost to the wei, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from config.models.pools import Pool
from config.models.scalars import Amount
from config.models.spending import SpendingLimits
from identity.observation.desired import Policy
from identity.preview import describe_pool
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import revoke_manager_role
from testkit.chain.pool_on_chain import SAFE_WXHOPR_WEI, XDAI, PoolOnChain
from testkit.faults.relay import Relay, answer, every, relaying
from testkit.identity.endpoint import refusal

GWEI = 10**9
TEN_WXHOPR = {"safe_wxhopr": Amount("10")}
UNMADE = dict.fromkeys(("core-1", "core-2", "core-3"))


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


def amounts(text: str, words: str) -> list[int]:
    """The amounts of a sentence, wei: a `#` in its words stands for one, and for any other number."""
    found = re.search(re.escape(words).replace("\\#", r"([0-9.,]*[0-9])"), text)
    assert found, text
    return [Amount(number.replace(",", "")).wei for number in found.groups()]


def test_preview_shows_addresses_transactions_and_cost(pool: PoolOnChain) -> None:
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


@pytest.mark.parametrize(("size", "way"), [(3, "plain transfers"), (12, "operator Safe 0x")])
def test_preview_shows_how_wxhopr_is_paid(pool: PoolOnChain, size: int, way: str) -> None:
    settings = pool.settings(balances={"safe_wxhopr": Amount("10")})
    assert way in describe_pool(settings, "core", {f"core-{number}": None for number in range(size)})


def test_preview_lists_what_is_missing(pool: PoolOnChain, ledger: Ledger) -> None:
    ledger.rpc.call("anvil_setBalance", pool.desired.wallet, "0x1")
    text = describe_pool(pool.settings(), "core", {"core-1": None})
    assert "Problem: wallet:" in text


@pytest.mark.parametrize(("tip_gwei", "most_gwei"), [(2, 10), (10, 10), (3, 7)])
def test_the_preview_shows_gas_cost_at_the_present_fee_and_at_most(
    pool: PoolOnChain, ledger: Ledger, tip_gwei: int, most_gwei: int
) -> None:
    base_fee_wei = int(ledger.rpc.call("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    fees = {"priority_fee_gwei": tip_gwei, "max_fee_gwei": most_gwei}
    settings = pool.settings()
    settings = settings.model_copy(update={"chain": settings.chain.model_copy(update=fees)})
    text = describe_pool(settings, "core", UNMADE)
    gas, now_wei, most_wei = amounts(text, f"about # gas: # xDai at the present fee, # xDai at most ({most_gwei} gwei)")
    assert now_wei == gas // XDAI * min(base_fee_wei + tip_gwei * GWEI, most_gwei * GWEI)
    assert most_wei == gas // XDAI * 13 // 10 * most_gwei * GWEI


def test_the_wallet_keeps_its_balance_less_payments_and_maximum_gas(
    pool: PoolOnChain, nodes: dict[str, str | None]
) -> None:
    has_xdai_wei, has_wxhopr_wei = pool.held_by_wallet()
    text = describe_pool(pool.settings(balances=TEN_WXHOPR), "core", nodes)
    (most_wei,) = amounts(text, "# xDai at most")
    assert amounts(text, "Pays # xDai and # wxHOPR.") == [3 * XDAI // 10, 3 * SAFE_WXHOPR_WEI]
    keeps_xdai_wei, keeps_wxhopr_wei = amounts(text, "keeps at least # xDai and # wxHOPR.")
    assert keeps_xdai_wei == has_xdai_wei - 3 * XDAI // 10 - most_wei
    assert keeps_wxhopr_wei == has_wxhopr_wei - 3 * SAFE_WXHOPR_WEI


def test_no_run_costs_more_than_its_preview(pool: PoolOnChain, nodes: dict[str, str | None]) -> None:
    text = describe_pool(pool.settings(balances=TEN_WXHOPR), "core", nodes)
    keeps_xdai_wei, keeps_wxhopr_wei = amounts(text, "keeps at least # xDai and # wxHOPR.")
    pool.with_policy(safe_wxhopr_wei=SAFE_WXHOPR_WEI, safe_wxhopr_minimum_wei=SAFE_WXHOPR_WEI // 2).apply()
    has_xdai_wei, has_wxhopr_wei = pool.held_by_wallet()
    assert keeps_xdai_wei <= has_xdai_wei
    assert keeps_wxhopr_wei == has_wxhopr_wei


def test_with_other_pools_the_preview_shows_what_this_pool_alone_keeps(pool: PoolOnChain) -> None:
    alone = pool.settings()
    both = alone.model_copy(update={"pools": {**alone.pools, "edge": Pool(size=1)}})
    assert "after this pool" not in describe_pool(alone, "core", UNMADE)
    assert "wxHOPR after this pool." in describe_pool(both, "core", UNMADE)


def test_a_preview_shows_the_limits_that_its_run_would_exceed(pool: PoolOnChain) -> None:
    settings = pool.settings(balances=TEN_WXHOPR, spending=SpendingLimits(xdai=Amount("0.31"), wxhopr=Amount("29")))
    problems = [line for line in describe_pool(settings, "core", UNMADE).splitlines() if line.startswith("Problem: ")]
    assert [line.split(": ")[1] for line in problems] == ["pools.core.spending.xdai", "pools.core.spending.wxhopr"]
    assert "would spend up to 30 wxHOPR (core 30), at most 29 are allowed" in problems[1]
    enough = pool.settings(balances=TEN_WXHOPR, spending=SpendingLimits(xdai=Amount("0.4"), wxhopr=Amount("30")))
    assert "Problem:" not in describe_pool(enough, "core", UNMADE)


def test_a_missing_role_is_shown_even_with_nothing_to_send(
    pool: PoolOnChain, ledger: Ledger, nodes: dict[str, str | None]
) -> None:
    pool.with_policy(register_nodes=False).apply()
    revoke_manager_role(ledger, pool.desired.contracts.network_registry, pool.desired.wallet)
    text = describe_pool(pool.settings(), "core", nodes)
    assert "Nothing to send" in text
    assert f"Problem: wallet: {pool.desired.wallet} may not register nodes on network rotsee" in text


def test_without_log_search_a_complete_pool_has_nothing_to_send_and_a_note_says_why(
    pool: PoolOnChain, nodes: dict[str, str | None], relay: Relay
) -> None:
    pool.apply()
    relay.handler = every("eth_getLogs", answer(refusal("the method eth_getLogs is not available", code=-32601)))
    text = describe_pool(pool.settings(relay.url), "core", nodes)
    assert "Nothing to send" in text
    assert "The endpoint does not search logs" in text
    assert "Problem:" not in text
    assert "The endpoint does not search logs" not in describe_pool(pool.settings(), "core", nodes)
