"""What the summary says of owners and money: each value and each sentence, without a chain."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from config.models.chain import ChainSettings
from config.stack_state import IdentityState
from identity.chain.client import ChainClient
from identity.decommission.plan import all_transactions
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedIdentity
from identity.observation.pool_spec import PoolSpec
from identity.preview import Preview
from identity.provisioning.assessment import Assessment
from identity.submission.spending import Reserve
from summary.chain import ChainFacts, LeftBehind, chain_entries, rounded
from summary.entries import Entry, Kind, Summary
from summary.known import known_in_a_preview
from summary.recorded import Recorded, RecordedKeys
from testkit.identity.observations import absent, complete, complete_safe, observed_pool
from testkit.identity.pools import ADMIN, SECOND_ADMIN, THIRD_PARTY, WALLET, WXHOPR, XDAI, pool

CHAIN = ChainSettings(rpc_url=SecretStr("http://127.0.0.1:1"), max_fee_gwei=10, priority_fee_gwei=2)
FUNDED = {"safe_wxhopr_wei": 10 * WXHOPR, "safe_wxhopr_minimum_wei": 5 * WXHOPR}


def assessment(desired: DesiredPool, *seen: ObservedIdentity, retired: Sequence[str] = (), **wallet: int) -> Assessment:
    spec = PoolSpec(
        pool="core",
        network=desired.network,
        wallet=desired.wallet,
        policy=desired.policy,
        nodes={identity.name: identity.node for identity in desired.identities},
        retired=frozenset(retired),
    )
    return Assessment(ChainClient.of(CHAIN), CHAIN, spec, desired, observed_pool(desired, *seen, **wallet), {})


def owned(desired: DesiredPool, owners: tuple[str, ...] = (WALLET,), threshold: int = 1) -> list[ObservedIdentity]:
    """Complete identities whose Safes have these owners."""
    return [
        complete(desired, one, safe=complete_safe(desired, one, owners=owners, threshold=threshold))
        for one in desired.identities
    ]


def entries(*assessments: Assessment, **facts: Any) -> dict[Kind, Entry]:
    found = chain_entries(ChainFacts(assessments, wallet=WALLET, **facts))
    return {entry.kind: entry for entry in Summary.of(found).entries}


def test_a_complete_pool_has_no_entry() -> None:
    desired = pool(3)
    assert entries(assessment(desired, *owned(desired))) == {}


@pytest.mark.parametrize(
    ("owners", "threshold", "before", "text"),
    [
        ((THIRD_PARTY,), 1, (WALLET,), f"owner {THIRD_PARTY}; the wallet loses control"),
        ((WALLET, ADMIN), 1, (WALLET,), f"owners (1 must sign) {WALLET}, {ADMIN}; the wallet keeps control"),
        ((WALLET, ADMIN), 2, (WALLET,), f"owners (2 must sign) {WALLET}, {ADMIN}; the wallet cannot sign alone"),
        ((WALLET,), 1, (SECOND_ADMIN,), f"owner {WALLET}; the wallet takes control"),
    ],
)
def test_other_owners_are_named_with_what_the_wallet_keeps(
    owners: tuple[str, ...], threshold: int, before: tuple[str, ...], text: str
) -> None:
    desired = replace(pool(7, owners=owners, threshold=threshold), previous_wallet=SECOND_ADMIN)
    entry = entries(assessment(desired, *owned(desired, before)))[Kind.OWNERS]
    assert entry.text == f"7 Safes get {text}: core-1…7."
    assert entry.permission == "owners"
    assert entry.facts["owners"] == " ".join(owners)


def test_new_safes_of_other_owners_need_no_permission() -> None:
    desired = pool(1, owners=(THIRD_PARTY,))
    entry = entries(assessment(desired, absent()))[Kind.OWNERS]
    assert entry.text == f"1 new Safe gets owner {THIRD_PARTY}; the wallet does not control them: core-1."
    assert entry.permission is None


def test_retired_identities_are_named_with_what_they_pay_to_the_wallet() -> None:
    desired = pool(2, **FUNDED)
    found = entries(assessment(desired, *owned(desired), retired=["core-2"]))
    drain = found[Kind.DRAIN]
    gas_wei = 21_000 * 4 * 10**9  # twice the base fee of 1 gwei, and the tip of 2
    assert drain.text == (
        f"1 identity is retired and drained: {rounded(XDAI // 10 - gas_wei)} xDai and 10 wxHOPR move to wallet "
        f"{WALLET}: core-2."
    )
    assert (drain.permission, drain.facts["wxhopr"]) == ("drain", "10")
    assert found[Kind.TRANSACTIONS].facts["count"] == "3"  # release, deregister, drain


@pytest.mark.parametrize("retired", [["core-2"], ["core-1", "core-2"]])
def test_the_details_of_a_retirement_do_not_say_that_nothing_is_sent(retired: list[str]) -> None:
    desired = pool(2, **FUNDED)
    seen = assessment(desired, *owned(desired), retired=retired)
    text = Preview(seen, Reserve(0), is_only_pool=True).text()
    assert "Nothing to send" not in text
    assert f"\nWallet {WALLET} has " in text
    assert f"Decommissioning takes {len(all_transactions(seen.retired, seen.observed, CHAIN))} transactions" in text
    in_service = assessment(desired, *owned(desired))
    assert "Nothing to send. Wallet" in Preview(in_service, Reserve(0), is_only_pool=True).text()


def test_what_arrives_later_in_a_retired_identity_needs_no_permission() -> None:
    desired = pool(1, **FUNDED)
    found = entries(assessment(desired, *owned(desired), retired=["core-1"]), retired_before=["core-1"])
    assert found[Kind.DRAIN].permission is None
    empty = complete(desired, desired.identities[0], safe=None, module=None, safe_wxhopr_wei=0, node_xdai_wei=0)
    done = replace(empty, registered_to="0x" + "00" * 20)
    assert entries(assessment(desired, done, retired=["core-1"]), retired_before=["core-1"]) == {}


def test_an_identity_that_is_decommissioned_on_chain_needs_no_permission_after_a_lost_state() -> None:
    desired = pool(1, **FUNDED)
    empty = complete(desired, desired.identities[0], safe=None, module=None, safe_wxhopr_wei=0, node_xdai_wei=0)
    done = replace(empty, registered_to="0x" + "00" * 20, node_bound_to="0x" + "00" * 20)
    assert entries(assessment(desired, done, retired=["core-1"])) == {}


def test_what_stays_on_chain_is_summed_over_all_pools() -> None:
    desired = pool(2, **FUNDED)
    seen = assessment(desired, *owned(desired))
    state = IdentityState(
        native_address="0x1",
        safe_address="0x2",
        module_address="0x3",
        node_xdai_wei=str(XDAI // 5),
        safe_wxhopr_wei=str(WXHOPR),
        safe_xdai_wei=str(XDAI),
    )
    left = [LeftBehind.observed(seen), LeftBehind.recorded({"edge-1": state})]
    entry = entries(left_behind=left)[Kind.LEFT_BEHIND]
    assert entry.text.startswith(
        "3 identities are left behind on chain: 1.4 xDai and 21 wxHOPR stay with their nodes and Safes (as of block 1, "
        "the last run): core-1…2, edge-1."
    )
    assert entry.permission == "identities"
    safes = entries(left_behind=[LeftBehind.recorded({"edge-1": state}, only_safes=True)])[Kind.LEFT_BEHIND]
    assert safes.text.startswith("1 Safe is left behind on chain: 1 xDai and 1 wxHOPR stay there")


def test_cost_payments_and_the_rest_of_the_wallet_are_summed_over_all_pools() -> None:
    desired = pool(2)
    one = assessment(desired, *[absent()] * 2, xdai_wei=XDAI, wxhopr_wei=5 * WXHOPR)
    found = entries(one, one)
    cost = one.cost
    most = 2 * cost.fee_most_wei
    assert found[Kind.TRANSACTIONS].facts["count"] == str(2 * cost.transactions)
    assert f"about {2 * cost.gas:,} gas" in found[Kind.TRANSACTIONS].text
    assert f"{rounded(most, up=True)} xDai at most (10 gwei)" in found[Kind.TRANSACTIONS].text
    assert found[Kind.PAYMENTS].facts == {"xdai": "0.4", "wxhopr": "0"}
    kept = XDAI - most - 4 * XDAI // 10
    assert found[Kind.WALLET].text == (
        f"Wallet {WALLET} has 1 xDai and 5 wxHOPR, keeps at least {rounded(kept)} xDai and 5 wxHOPR."
    )
    assert found[Kind.IDENTITIES_CREATED].names == ("core-1", "core-1", "core-2", "core-2")


@pytest.mark.parametrize(
    ("wei", "down", "up"), [(0, "0", "0"), (1, "0", "0.000001"), (10**12, "0.000001", "0.000001"), (XDAI, "1", "1")]
)
def test_amounts_are_rounded_to_the_safe_side(wei: int, down: str, up: str) -> None:
    assert (rounded(wei), rounded(wei, up=True)) == (down, up)


def test_a_preview_knows_the_addresses_of_all_keys_and_the_state_of_untouched_identities() -> None:
    desired = pool(3)
    first, second, third = desired.identities
    seen = assessment(desired, *owned(desired)[:2], absent())
    state = {"nativeAddress": first.node, "safeAddress": first.safe, "moduleAddress": first.module, "nodeXdaiWei": "7"}
    recorded = Recorded(
        pools={"core": {"pool": "core", "identities": {"core-1": state, "core-2": {**state, "safeAddress": "0x2"}}}},
        keys={name: RecordedKeys("0x1", f"peer-{name}") for name in ("core-1", "core-2", "core-3")},
    )
    known = known_in_a_preview(recorded, [seen])
    assert known["core-1"]["nodeXdaiWei"] == "7"
    assert "nodeXdaiWei" not in known["core-2"]  # another Safe than in the last run
    assert "nodeXdaiWei" not in known["core-3"]  # the run creates it
    assert known["core-2"]["safeAddress"] == second.safe
    assert (known["core-3"]["safeAddress"], known["core-3"]["peerId"]) == (third.safe, "peer-core-3")
    assert known_in_a_preview(replace(recorded, keys={}), [seen]) == {}
