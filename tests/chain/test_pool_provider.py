"""The provider of the `PoolOnChain` resource, called as Pulumi calls it, against a real EVM."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from config.models.pools import Pool
from identity.errors import IdentityError, PreflightFailed
from identity.provider import PoolOnChainProvider
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, PoolOnChain
from testkit.chain.stack import PLANTED, configured, inputs_for


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, 3, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)


@pytest.fixture
def inputs(pool: PoolOnChain) -> dict[str, Any]:
    return inputs_for(pool, Pool(size=3))  # type: ignore[no-any-return]


def without_runways(outputs: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the identities without their time-dependent outputs."""
    return {
        name: {key: value for key, value in identity.items() if not key.endswith("Runway")}
        for name, identity in outputs["identities"].items()
    }


def test_create_read_and_diff_agree(provider: PoolOnChainProvider, inputs: dict[str, Any], pool: PoolOnChain) -> None:
    assert provider.check({}, inputs).failures == []
    created = provider.create(inputs)
    assert created.id == "rotsee/core"
    assert created.outs
    assert without_runways(created.outs)["core-1"] == {
        "nativeAddress": pool.desired.identities[0].node,
        "safeAddress": pool.desired.identities[0].safe,
        "moduleAddress": pool.desired.identities[0].module,
        "founder": pool.desired.wallet,
        "nodeXdaiWei": str(NODE_XDAI_WEI),
        "safeWxhoprWei": "0",
        "safeXdaiWei": "0",
        "registered": True,
        "retired": False,
    }
    count = pool.transactions_of_wallet()
    assert provider.read(created.id, created.outs).outs == created.outs
    assert provider.diff(created.id, created.outs, inputs).changes is False
    assert provider.check(inputs, inputs).failures == []
    assert pool.transactions_of_wallet() == count
    assert PLANTED not in json.dumps(created.outs)
    assert bytes(pool.chain.wallet.key).hex() not in json.dumps(created.outs)


def test_an_empty_node_is_a_change_and_the_update_tops_it_up(
    provider: PoolOnChainProvider, inputs: dict[str, Any], pool: PoolOnChain, ledger: Ledger
) -> None:
    outputs = provider.create(inputs).outs
    assert outputs
    ledger.rpc.call("anvil_setBalance", pool.desired.identities[0].node, "0x1")
    assert provider.diff("rotsee/core", outputs, inputs).changes is True
    refreshed = provider.read("rotsee/core", outputs).outs
    assert refreshed
    assert refreshed["identities"]["core-1"]["nodeXdaiWei"] == "1"
    topped_up = provider.update("rotsee/core", refreshed, inputs).outs
    assert topped_up
    assert without_runways(topped_up) == without_runways(outputs)


def test_a_preview_without_keys_reports_what_the_wallet_lacks(
    provider: PoolOnChainProvider, inputs: dict[str, Any], pool: PoolOnChain, ledger: Ledger
) -> None:
    inputs["nodes"] = dict.fromkeys(inputs["nodes"], UNKNOWN)
    assert provider.check({}, inputs).failures == []
    ledger.rpc.call("anvil_setBalance", pool.desired.wallet, "0x1")
    (failure,) = provider.check({}, inputs).failures
    assert "has 0.000000000000000001 xDai and needs 0.3" in failure.reason


def test_known_nodes_stay_known_while_a_preview_passes_unknown_values(
    provider: PoolOnChainProvider, inputs: dict[str, Any], pool: PoolOnChain, ledger: Ledger
) -> None:
    """In a preview, a new password makes every output of the keys unknown. The pool still needs no payments."""
    provider.create(inputs)
    ledger.rpc.call("anvil_setBalance", pool.desired.wallet, "0x1")
    unknown = {**inputs, "nodes": dict.fromkeys(inputs["nodes"], UNKNOWN)}
    assert provider.check(inputs, unknown).failures == []


def test_a_failed_create_reports_what_is_missing_and_shows_no_secret(
    inputs: dict[str, Any], pool: PoolOnChain, ledger: Ledger
) -> None:
    ledger.rpc.call("anvil_setBalance", pool.desired.wallet, "0x1")
    key = bytes(pool.chain.wallet.key).hex()
    provider = configured(f"{pool.chain.rpc_url}/?apikey=planted-rpc-key", key)
    with pytest.raises(PreflightFailed) as caught:
        provider.create(inputs)
    text = str(caught.value)
    assert "send it" in text
    assert not any(secret in text for secret in ("planted-rpc-key", PLANTED, key))


def test_delete_sends_nothing_and_reports_what_stays_on_chain(
    provider: PoolOnChainProvider, inputs: dict[str, Any], pool: PoolOnChain, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = provider.create(inputs).outs
    assert outputs
    capsys.readouterr()
    count = pool.transactions_of_wallet()
    provider.delete("rotsee/core", outputs)
    output = capsys.readouterr().err
    for identity in pool.desired.identities:
        assert f"{identity.name} stays on chain: node {identity.node} with 0.1 xDai, Safe {identity.safe}" in output
    assert pool.transactions_of_wallet() == count


def test_delete_works_without_a_reachable_endpoint(
    provider: PoolOnChainProvider, inputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = provider.create(inputs).outs
    assert outputs
    configured("http://127.0.0.1:1", "11" * 32).delete("rotsee/core", outputs)
    assert "core-1 stays on chain" in capsys.readouterr().err


def test_a_shrinking_pool_reports_what_stays_on_chain(
    provider: PoolOnChainProvider, inputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = provider.create(inputs).outs
    assert outputs
    smaller = {**inputs, "nodes": {name: node for name, node in inputs["nodes"].items() if name != "core-3"}}
    assert provider.check(inputs, smaller).failures == []
    assert re.search(
        r"core-3 stays on chain: .* 0\.1 xDai, .*; to drain it, set retire: true before you remove it",
        capsys.readouterr().err,
    )
    assert provider.diff("rotsee/core", outputs, smaller).changes is True
    updated = provider.update("rotsee/core", outputs, smaller).outs
    assert updated
    assert updated["identities"].keys() == {"core-1", "core-2"}
    assert "core-3 stays on chain" in capsys.readouterr().err


def test_a_pool_never_moves_to_another_network(
    provider: PoolOnChainProvider, inputs: dict[str, Any], ledger: Ledger, pool: PoolOnChain
) -> None:
    outputs = provider.create(inputs).outs
    assert outputs
    sent = ledger.rpc.call("eth_getTransactionCount", pool.chain.wallet.address, "latest")
    moved = {**inputs, "network": {**inputs["network"], "name": "dufour"}}
    with pytest.raises(IdentityError, match="a pool cannot move to dufour"):
        provider.update("rotsee/core", outputs, moved)
    assert ledger.rpc.call("eth_getTransactionCount", pool.chain.wallet.address, "latest") == sent
