"""Retiring and draining as Pulumi asks `PoolOnChain` for it, against a real EVM."""

from __future__ import annotations

import pytest

from config.models.scalars import Amount
from identity.consent import DRAIN, Consent
from identity.errors import ChainError, NotAllowed, PreflightFailed, WalletCannotSign
from identity.evm.calls import Call
from identity.evm.contracts import SAFE
from identity.provider import PoolOnChainProvider
from testkit.chain.decommissioned_pool import BalancesInService, start_node
from testkit.chain.interruptions import InterruptedClient, Killed, kill
from testkit.chain.pool_on_chain import ADMIN, NODE_XDAI_WEI, SAFE_WXHOPR_WEI, PoolOnChain
from testkit.chain.stack import PLANTED, configured, created, inputs_with_files, updated

ID = "rotsee/core"
RELEASE_GAS, DEREGISTER_GAS, DRAIN_GAS = 40_000 + 62_000 + 20_000, 30_000 + 20_000, 40_000 + 62_000 + 20_000 + 40_000
COST_WEI = (RELEASE_GAS + DEREGISTER_GAS + DRAIN_GAS) * 130 // 100 * 10 * 10**9
"""The reserved cost of decommissioning one unbound identity: gas limits (30 % margin) at the cap of 10 gwei."""


def test_retiring_decommissions_one_identity_and_keeps_the_other_in_service(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    before, retiring = inputs_with_files(pool, files), inputs_with_files(pool, files, retired=("core-2",))
    olds = created(provider, before)
    start_node(pool, "core-2")
    wxhopr = pool.held_by_wallet()[1]
    assert provider.check(before, retiring).failures == []
    assert provider.diff(ID, olds, retiring).changes is True

    outputs = updated(provider, olds, retiring)

    first, second = outputs["identities"]["core-1"], outputs["identities"]["core-2"]
    assert (first["nodeXdaiWei"], first["safeWxhoprWei"]) == (str(NODE_XDAI_WEI), str(SAFE_WXHOPR_WEI))
    assert (first["registered"], first["retired"]) == (True, False)
    assert (second["nodeXdaiWei"], second["safeWxhoprWei"], second["safeXdaiWei"]) == ("0", "0", "0")
    assert (second["registered"], second["retired"]) == (False, True)
    assert pool.held_by_wallet()[1] == wxhopr + SAFE_WXHOPR_WEI
    said = capsys.readouterr().err
    assert "core-2 is decommissioned" in said
    assert "close the payment channels of node" in said
    assert PLANTED not in said


def test_a_decommissioned_identity_is_not_a_change_and_is_not_topped_up(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    retiring = inputs_with_files(pool, files, retired=("core-2",))
    outputs = updated(provider, created(provider, inputs_with_files(pool, files)), retiring)
    count = pool.transactions_of_wallet()
    assert provider.diff(ID, outputs, retiring).changes is False
    assert provider.check(retiring, retiring).failures == []
    updated(provider, outputs, retiring)
    assert pool.transactions_of_wallet() == count
    assert pool.ledger.xdai_of(pool.desired.identities[1].node) == 0


def test_a_new_pool_creates_nothing_for_a_retired_identity(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    block = pool.block()
    created(provider, inputs_with_files(pool, files, retired=("core-1",)))
    assert pool.safes_made(block) == 1
    assert not pool.ledger.has_code(pool.desired.identities[0].safe)


def test_undoing_a_retirement_provisions_the_identity_again(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    before, retiring = inputs_with_files(pool, files), inputs_with_files(pool, files, retired=("core-2",))
    outputs = updated(provider, created(provider, before), retiring)
    assert provider.check(retiring, before).failures == []
    again = updated(provider, outputs, before)["identities"]["core-2"]
    assert (again["nodeXdaiWei"], again["safeWxhoprWei"]) == (str(NODE_XDAI_WEI), str(SAFE_WXHOPR_WEI))
    assert (again["registered"], again["retired"]) == (True, False)


def test_a_preview_refuses_a_safe_that_others_must_sign_for(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    before = inputs_with_files(pool, files)
    created(provider, before)
    identity = pool.desired.identities[1]
    pool.as_safe(identity, Call(identity.safe, SAFE.encode("addOwnerWithThreshold", ADMIN, 2)))
    pool_of_two = inputs_with_files(pool, files, retired=("core-2",))
    (failure,) = provider.check(before, pool_of_two).failures
    assert failure.reason.startswith(f"core-2: Safe {identity.safe} needs the signatures of 2 of its owners")


def test_a_preview_reports_what_the_wallet_lacks_to_decommission(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    before = inputs_with_files(pool, files)
    olds = created(provider, before)
    pool.ledger.rpc.call("anvil_setBalance", pool.desired.wallet, "0x1")
    retiring = inputs_with_files(pool, files, retired=("core-1", "core-2"))
    (failure,) = provider.check(before, retiring).failures
    assert "for the gas of decommissioning" in failure.reason
    with pytest.raises(PreflightFailed):
        provider.update(ID, olds, retiring)


def test_the_reserved_cost_of_a_decommission_is_not_counted_twice(pool: PoolOnChain, files: dict[str, str]) -> None:
    before, retiring = inputs_with_files(pool, files), inputs_with_files(pool, files, retired=("core-2",))
    key = bytes(pool.chain.wallet.key).hex()
    olds = created(configured(pool.chain.rpc_url, key), before)
    spending = {"xdai": str(Amount.from_wei(COST_WEI * 3 // 2))}
    limited = configured(pool.chain.rpc_url, key, spending=spending)
    assert limited.check(before, retiring).failures == []
    assert updated(limited, olds, retiring)["identities"]["core-2"]["registered"] is False


def test_destroying_a_pool_with_drain_on_destroy_drains_everything(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    outputs = created(provider, inputs_with_files(pool, files, drain=True))
    start_node(pool, "core-1")
    before = BalancesInService.of(pool)
    provider.delete(ID, outputs)
    before.assert_fully_decommissioned()
    provider.delete(ID, outputs)
    before.assert_fully_decommissioned()


def test_an_unattended_run_drains_only_with_permission(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    """The provider checks it too: the program cannot if the endpoint fails while it looks."""
    before, retiring = inputs_with_files(pool, files, drain=True), inputs_with_files(pool, files, retired=("core-2",))
    outputs, in_service = created(provider, before), BalancesInService.of(pool)
    provider.run.consent = Consent(attended=False)
    block = pool.block()
    refused = rf"set HOPRD_ALLOW=drain for this run\. Drains to {pool.desired.wallet}: "
    with pytest.raises(NotAllowed, match=rf"{refused}core-1…2\."):
        provider.delete(ID, outputs)
    with pytest.raises(NotAllowed, match=rf"{refused}core-2\."):
        provider.update(ID, outputs, retiring)
    assert pool.block() == block
    provider.run.consent = Consent(attended=False, allowed=frozenset({DRAIN}))
    provider.delete(ID, outputs)
    in_service.assert_fully_decommissioned()
    provider.run.consent = Consent(attended=False)
    provider.delete(ID, outputs)  # nothing is left to drain


def test_a_killed_drain_on_destroy_is_finished_by_the_next_run(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = created(provider, inputs_with_files(pool, files, drain=True))
    before = BalancesInService.of(pool)
    for write in (0, 0, 1, 0):
        killed = InterruptedClient(pool.chain.rpc_url, at=write, after=kill)
        with monkeypatch.context() as patched:
            patched.setattr(provider.run, "client", lambda _report, killed=killed: killed)
            with pytest.raises(Killed):
                provider.delete(ID, outputs)
    provider.delete(ID, outputs)
    before.assert_fully_decommissioned()


def test_a_pool_with_drain_on_destroy_is_kept_while_the_chain_is_unreachable(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    outputs = created(provider, inputs_with_files(pool, files, drain=True))
    with pytest.raises(ChainError):
        configured("http://127.0.0.1:1", "11" * 32).delete(ID, outputs)


def test_another_wallet_is_refused_before_it_signs(
    provider: PoolOnChainProvider, pool: PoolOnChain, files: dict[str, str]
) -> None:
    outputs = created(provider, inputs_with_files(pool, files, drain=True))
    with pytest.raises(WalletCannotSign, match=f"belongs to wallet {pool.desired.wallet}"):
        configured(pool.chain.rpc_url, "11" * 32).delete(ID, outputs)
