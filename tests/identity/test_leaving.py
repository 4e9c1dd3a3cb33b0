"""The leaving planner without a chain: what it asks for, in how many transactions, and nothing that is not needed."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from config.chain import Chain
from identity.evm import gas
from identity.evm.contracts import FALLBACK_HANDLER, MULTI_SEND_CALL_ONLY, SAFE_SINGLETON, ZERO_ADDRESS
from identity.leaving.departures import departures
from identity.leaving.steps import draining, fee_wei, has_left, next_round, node_drain_wei, resigning, whole_leaving
from identity.look.observe import ObservedIdentity, ObservedModule, ObservedPool, ObservedSafe
from identity.look.wanted import WantedIdentity, WantedPool
from tests.identity.pools import WALLET, WXHOPR, XDAI, empty_chain, pool

GWEI = 10**9
LIMITS = Chain(rpc_url=SecretStr("http://127.0.0.1:1"), max_fee_gwei=10, priority_fee_gwei=2)


def in_service(wanted: WantedPool) -> ObservedPool:
    """Every node started and registered, every Safe and node with money, the wallet a manager, base fee 1 gwei."""
    nothing = empty_chain(wanted).observe()
    return replace(nothing, identities={one.name: complete(one) for one in wanted.identities})


def complete(identity: WantedIdentity) -> ObservedIdentity:
    return ObservedIdentity(
        safe=ObservedSafe((WALLET,), 1, 1, (identity.module,), SAFE_SINGLETON, FALLBACK_HANDLER, ZERO_ADDRESS),
        module=ObservedModule(identity.safe, MULTI_SEND_CALL_ONLY, frozenset(), node_included=True),
        allowance_wei=0,
        safe_wxhopr_wei=10 * WXHOPR,
        safe_xdai_wei=5,
        node_xdai_wei=XDAI // 10,
        node_bound_to=identity.safe,
        registered_to=identity.safe,
        eligible=True,
    )


def given_up(seen: ObservedIdentity) -> ObservedIdentity:
    assert seen.module
    module = replace(seen.module, node_included=False)
    return replace(seen, module=module, node_bound_to=ZERO_ADDRESS, registered_to=ZERO_ADDRESS)


@pytest.mark.parametrize(("size", "resignations", "drains"), [(1, 1, 1), (20, 1, 1), (140, 1, 2), (200, 2, 2)])
def test_any_number_leaves_with_as_few_batches_as_the_gas_allows(size: int, resignations: int, drains: int) -> None:
    wanted = pool(size)
    transactions = whole_leaving(wanted, in_service(wanted), LIMITS)
    kinds = [type(one).__name__ for one in transactions]
    assert kinds == ["Resign"] * resignations + ["Deregister"] + ["DrainSafes"] * drains
    assert all(gas.fits(one.gas, LIMITS.block_gas_limit) for one in transactions)


def test_one_node_that_is_not_given_up_holds_all_money_back() -> None:
    wanted = pool(2)
    observed = in_service(wanted)
    first = wanted.identities[0].name
    half = replace(observed, identities={**observed.identities, first: given_up(observed.identities[first])})
    assert [type(one).__name__ for one in next_round(wanted, half, LIMITS)] == ["Resign", "Deregister"]
    (resign, deregister) = resigning(wanted, half, LIMITS)
    assert resign.changed_safes == {"core-2"}
    assert "take 1 off" in deregister.summary


def test_once_all_are_given_up_only_money_moves() -> None:
    wanted = pool(2)
    observed = in_service(wanted)
    after = replace(observed, identities={name: given_up(seen) for name, seen in observed.identities.items()})
    assert next_round(wanted, after, LIMITS) == draining(wanted, after, LIMITS)
    (drain,) = draining(wanted, after, LIMITS)
    assert drain.summary == "move 20 wxHOPR and 0.00000000000000001 xDai from 2 Safes to the wallet"
    assert (drain.xdai_wei, drain.wxhopr_wei) == (0, 0), "nothing of it is the wallet's to pay"


def test_the_wallet_without_a_role_sends_nothing_to_the_registry() -> None:
    wanted = pool(1)
    observed = in_service(wanted)
    nobody = replace(observed, wallet=replace(observed.wallet, is_manager=False))
    assert [type(one).__name__ for one in resigning(wanted, nobody, LIMITS)] == ["Resign"]
    (departure,) = departures(wanted, nobody, LIMITS)
    assert any("only a manager" in text for text in departure.stays)


def test_a_node_keeps_exactly_nothing_or_all() -> None:
    wanted = pool(1)
    observed = in_service(wanted)
    seen = observed.identities["core-1"]
    cost = gas.TRANSACTION * fee_wei(observed, LIMITS)
    assert fee_wei(observed, LIMITS) == 4 * GWEI
    assert node_drain_wei(replace(seen, node_xdai_wei=cost + 1), observed, LIMITS) == 1
    assert node_drain_wei(replace(seen, node_xdai_wei=cost), observed, LIMITS) == 0
    assert node_drain_wei(replace(seen, node_xdai_wei=0), observed, LIMITS) == 0


def test_a_leaving_account_never_offers_more_than_the_cap() -> None:
    observed = in_service(pool(1))
    busy = replace(observed, block=replace(observed.block, base_fee_wei=9 * GWEI))
    assert fee_wei(busy, LIMITS) == 10 * GWEI


def test_a_pool_of_nobody_has_left() -> None:
    wanted = pool(1).only(())
    assert has_left(wanted, empty_chain(wanted).observe(), LIMITS)
    assert departures(wanted, empty_chain(wanted).observe(), LIMITS) == ()
