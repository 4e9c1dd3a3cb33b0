"""The decommission planner without a chain: the number and the content of its transactions."""

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from pydantic import SecretStr

from config.models.chain import ChainSettings
from identity.decommission.plan import (
    all_transactions,
    fee_wei,
    is_decommissioned,
    next_round,
    node_drain_wei,
    release_transactions,
)
from identity.decommission.report import decommission_reports
from identity.decommission.transactions import DrainSafes, SafeJob
from identity.evm import gas
from identity.evm.calls import Call
from identity.evm.contracts import FALLBACK_HANDLER, MULTI_SEND_CALL_ONLY, SAFE_SINGLETON, ZERO_ADDRESS
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedModule, ObservedPool, ObservedSafe
from testkit.identity.pools import WALLET, WXHOPR, XDAI, empty_chain, pool

GWEI = 10**9
CHAIN_SETTINGS = ChainSettings(rpc_url=SecretStr("http://127.0.0.1:1"), max_fee_gwei=10, priority_fee_gwei=2)


def in_service(desired: DesiredPool) -> ObservedPool:
    """Return a pool with all nodes bound, registered and funded; the wallet is a manager, the base fee 1 gwei."""
    nothing = empty_chain(desired).observe()
    return replace(nothing, identities={one.name: complete(one) for one in desired.identities})


def complete(identity: DesiredIdentity) -> ObservedIdentity:
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


def released(seen: ObservedIdentity) -> ObservedIdentity:
    assert seen.module
    module = replace(seen.module, node_included=False)
    return replace(seen, module=module, node_bound_to=ZERO_ADDRESS, registered_to=ZERO_ADDRESS)


@pytest.mark.parametrize(("size", "releases", "drains"), [(1, 1, 1), (20, 1, 1), (140, 1, 1), (200, 1, 2), (240, 2, 2)])
def test_a_pool_is_decommissioned_in_as_few_batches_as_gas_allows(size: int, releases: int, drains: int) -> None:
    desired = pool(size)
    transactions = all_transactions(desired, in_service(desired), CHAIN_SETTINGS)
    kinds = [type(one).__name__ for one in transactions]
    assert kinds == ["ReleaseNodes"] * releases + ["Deregister"] + ["DrainSafes"] * drains
    assert all(gas.fits(one.gas, CHAIN_SETTINGS.block_gas_limit) for one in transactions)


def test_no_safe_is_drained_while_one_node_is_not_released() -> None:
    desired = pool(2)
    observed = in_service(desired)
    first = desired.identities[0].name
    half = replace(observed, identities={**observed.identities, first: released(observed.identities[first])})
    assert [type(one).__name__ for one in next_round(desired, half, CHAIN_SETTINGS)] == ["ReleaseNodes", "Deregister"]
    (release, deregister) = release_transactions(desired, half, CHAIN_SETTINGS)
    assert release.changed_safes == {"core-2"}
    assert "deregister 1 node from" in deregister.summary


def test_once_all_nodes_are_released_the_safes_are_only_drained() -> None:
    desired = pool(2)
    observed = in_service(desired)
    after = replace(observed, identities={name: released(seen) for name, seen in observed.identities.items()})
    (drain,) = next_round(desired, after, CHAIN_SETTINGS)
    assert isinstance(drain, DrainSafes)
    transfer = keccak(text="transfer(address,uint256)")[:4] + encode(["address", "uint256"], [WALLET, 10 * WXHOPR])
    calls = (Call(desired.contracts.token, transfer), Call(WALLET, value_wei=5))
    assert drain.jobs == tuple(
        SafeJob(identity, safe_nonce=1, calls=calls, handed_over=False, wxhopr_wei=10 * WXHOPR)
        for identity in desired.identities
    )
    assert drain.summary == "move 20 wxHOPR and 0.00000000000000001 xDai from 2 Safes to the wallet"
    assert (drain.xdai_wei, drain.wxhopr_wei) == (0, 0), "nothing of it is the wallet's to pay"


def test_the_wallet_without_a_role_sends_nothing_to_the_registry() -> None:
    desired = pool(1)
    observed = in_service(desired)
    nobody = replace(observed, wallet=replace(observed.wallet, is_manager=False))
    assert [type(one).__name__ for one in release_transactions(desired, nobody, CHAIN_SETTINGS)] == ["ReleaseNodes"]
    (report_of_one,) = decommission_reports(desired, nobody, CHAIN_SETTINGS)
    assert any("only a manager" in text for text in report_of_one.remains)


def test_a_node_is_drained_completely_or_not_at_all() -> None:
    desired = pool(1)
    observed = in_service(desired)
    seen = observed.identities["core-1"]
    cost = 21_000 * 4 * GWEI
    assert fee_wei(observed, CHAIN_SETTINGS) == 4 * GWEI
    assert node_drain_wei(replace(seen, node_xdai_wei=cost + 1), observed, CHAIN_SETTINGS) == 1
    assert node_drain_wei(replace(seen, node_xdai_wei=cost), observed, CHAIN_SETTINGS) == 0
    assert node_drain_wei(replace(seen, node_xdai_wei=0), observed, CHAIN_SETTINGS) == 0


def test_a_drained_account_never_offers_more_than_the_cap() -> None:
    observed = in_service(pool(1))
    busy = replace(observed, block=replace(observed.block, base_fee_wei=9 * GWEI))
    assert fee_wei(busy, CHAIN_SETTINGS) == 10 * GWEI


def test_an_empty_pool_is_decommissioned() -> None:
    desired = pool(1).only(())
    assert is_decommissioned(desired, empty_chain(desired).observe(), CHAIN_SETTINGS)
    assert decommission_reports(desired, empty_chain(desired).observe(), CHAIN_SETTINGS) == ()
