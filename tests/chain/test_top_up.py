"""The funding job against a real EVM: it tops up complete identities exactly to their targets and pays nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from config.models.scalars import Amount
from identity.__main__ import main
from identity.chain.client import ChainClient
from identity.errors import OrderUnreadable, PreflightFailed, WrongChain
from identity.evm.calls import Call
from identity.evm.contracts import MODULE, TOKEN
from identity.provisioning.top_up_order import Order
from identity.secrets.signers import LocalSigner
from identity.submission.journal import Journal
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.fees import fees_paid_wei
from testkit.chain.funding_job import FUNDING, order_for, text_of_order, top_up
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, THIRD_PARTY, WXHOPR, XDAI, PoolOnChain
from testkit.faults.relay import Handler, Relay, at_send, before, drop, forward_and_drop, relaying

SIZE = 3
LOW_WEI, SUFFICIENT_WEI = NODE_XDAI_WEI // 4, NODE_XDAI_WEI * 3 // 4
PAYER_XDAI_WEI, PAYER_WXHOPR_WEI = XDAI, 100 * WXHOPR


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """Three complete identities: the first lacks xDai and wxHOPR, the second xDai, the third is above its minimums."""
    pool = PoolOnChain.of(chain, ledger, SIZE)
    pool.apply()
    first, second, third = pool.desired.identities
    for identity, wei in ((first, LOW_WEI), (second, LOW_WEI), (third, SUFFICIENT_WEI)):
        ledger.rpc.call("anvil_setBalance", identity.node, hex(wei))
    token = pool.desired.contracts.token
    for identity, wei in ((first, 8 * WXHOPR), (third, WXHOPR)):
        pool.as_safe(identity, Call(token, TOKEN.encode("transfer", THIRD_PARTY, wei)))
    return pool


@pytest.fixture
def payer(pool: PoolOnChain, ledger: Ledger) -> LocalSigner:
    """A funded account that owns none of the Safes."""
    signer = LocalSigner(bytes(Account.create().key))
    ledger.rpc.call("anvil_setBalance", signer.address, hex(PAYER_XDAI_WEI))
    transfer = TOKEN.encode("transfer", signer.address, PAYER_WXHOPR_WEI)
    ledger.send(pool.desired.wallet, pool.desired.contracts.token, transfer)
    return signer


@pytest.fixture
def relay(pool: PoolOnChain) -> Iterator[Relay]:
    with relaying(pool.chain.rpc_url) as relay:
        yield relay


def wallet_signer(pool: PoolOnChain) -> LocalSigner:
    return LocalSigner(bytes(pool.chain.wallet.key))


def balances_of(pool: PoolOnChain, account: str) -> tuple[int, int]:
    """Return the balances of an account: xDai and wxHOPR, in wei."""
    return pool.ledger.xdai_of(account), pool.ledger.balance_of(pool.desired.contracts.token, account)


def balances_of_identities(pool: PoolOnChain) -> list[tuple[int, int]]:
    return [(one.node_xdai_wei, one.safe_wxhopr_wei) for one in pool.balances().values()]


FULL, UNCHANGED = (NODE_XDAI_WEI, SAFE_WXHOPR_WEI), (SUFFICIENT_WEI, SAFE_WXHOPR_WEI - WXHOPR)
PAID_XDAI_WEI, PAID_WXHOPR_WEI = 2 * (NODE_XDAI_WEI - LOW_WEI), 8 * WXHOPR


def test_any_account_can_top_up_balances_below_their_minimum_to_their_target(
    pool: PoolOnChain, payer: LocalSigner
) -> None:
    count = pool.transactions_of_wallet()
    block = pool.block()
    result = top_up(pool, payer)
    assert balances_of_identities(pool) == [FULL, FULL, UNCHANGED]
    xdai_wei, wxhopr_wei = balances_of(pool, payer.address)
    gas_wei = fees_paid_wei(pool.ledger.rpc, [payer.address], block)
    assert (xdai_wei, wxhopr_wei) == (PAYER_XDAI_WEI - PAID_XDAI_WEI - gas_wei, PAYER_WXHOPR_WEI - PAID_WXHOPR_WEI)
    assert result.skipped == ()
    assert pool.transactions_of_wallet() == count
    assert top_up(pool, payer).receipts == ()


def test_wxhopr_is_paid_only_if_configured(pool: PoolOnChain, payer: LocalSigner) -> None:
    top_up(pool, payer, order_for(pool, FUNDING.model_copy(update={"wxhopr": False})))
    assert balances_of_identities(pool)[0] == (NODE_XDAI_WEI, SAFE_WXHOPR_WEI - 8 * WXHOPR)
    assert balances_of(pool, payer.address)[1] == PAYER_WXHOPR_WEI


def test_the_native_amount_of_the_funding_job_is_the_target(pool: PoolOnChain, payer: LocalSigner) -> None:
    top_up(pool, payer, order_for(pool, FUNDING.model_copy(update={"native_amount": Amount("0.03"), "wxhopr": False})))
    assert [xdai_wei for xdai_wei, _ in balances_of_identities(pool)] == [
        3 * XDAI // 100,
        3 * XDAI // 100,
        SUFFICIENT_WEI,
    ]


def test_an_incomplete_identity_is_skipped_and_reported(pool: PoolOnChain, payer: LocalSigner) -> None:
    first = pool.desired.identities[0]
    pool.as_safe(first, Call(first.module, MODULE.encode("removeNode", first.node)))
    (problem,) = top_up(pool, payer).skipped
    assert str(problem) == "core-1: its Safe or module is not complete: run `pulumi up`"
    assert balances_of_identities(pool) == [(LOW_WEI, 2 * WXHOPR), FULL, UNCHANGED]


def test_an_identity_with_an_unexpected_target_is_skipped_and_reported(pool: PoolOnChain, payer: LocalSigner) -> None:
    first = pool.desired.identities[0]
    pool.as_safe(first, Call(first.module, MODULE.encode("scopeTargetToken", int(THIRD_PARTY, 16) << 96 | 1 << 88)))
    (problem,) = top_up(pool, payer).skipped
    assert "lets the node call" in str(problem)
    assert balances_of_identities(pool)[0] == (LOW_WEI, 2 * WXHOPR)


def test_only_nodes_in_the_cluster_are_paid(pool: PoolOnChain, payer: LocalSigner) -> None:
    second = pool.desired.identities[1]
    top_up(pool, payer, order_for(pool).only_nodes([second.node.lower()]))
    assert balances_of_identities(pool) == [(LOW_WEI, 2 * WXHOPR), FULL, UNCHANGED]


def test_a_payer_with_too_little_xdai_sends_nothing_and_reports_the_missing_amount(
    pool: PoolOnChain, payer: LocalSigner
) -> None:
    pool.ledger.rpc.call("anvil_setBalance", payer.address, hex(PAID_XDAI_WEI))
    with pytest.raises(PreflightFailed, match=rf"{payer.address} has 0\.15 xDai and needs 0\.1[5-9]"):
        top_up(pool, payer)
    assert balances_of(pool, payer.address) == (PAID_XDAI_WEI, PAYER_WXHOPR_WEI)


def test_the_pools_own_wallet_keeps_its_reserve(pool: PoolOnChain) -> None:
    pool.ledger.rpc.call("anvil_setBalance", pool.desired.wallet, hex(PAID_XDAI_WEI + XDAI // 200))
    with pytest.raises(PreflightFailed, match=r"0\.01 to keep \(spending\.keepXdai\)"):
        top_up(pool, wallet_signer(pool))


@pytest.mark.faults
@pytest.mark.parametrize("write", range(2))
def test_a_concurrent_pulumi_run_of_the_same_wallet_causes_no_second_payment(
    pool: PoolOnChain, relay: Relay, write: int, tmp_path: Path
) -> None:
    """The run is on another machine: with a journal of its own, so that neither waits for the other."""
    before_xdai_wei, before_wxhopr_wei = pool.held_by_wallet()
    block = pool.block()
    other_journal = Journal(100, pool.desired.wallet, tmp_path)
    relay.handler = at_send(write, before(lambda: pool.apply(journal=other_journal)))
    top_up(pool, wallet_signer(pool), client=ChainClient(relay.url))
    assert balances_of_identities(pool) == [FULL, FULL, UNCHANGED]
    xdai_wei, wxhopr_wei = pool.held_by_wallet()
    assert before_xdai_wei - xdai_wei == PAID_XDAI_WEI + pool.gas_paid_since(block)
    assert before_wxhopr_wei - wxhopr_wei == PAID_WXHOPR_WEI


@pytest.mark.faults
@pytest.mark.parametrize("loss", [drop, forward_and_drop])
@pytest.mark.parametrize("write", range(2))
def test_a_lost_reply_causes_no_second_payment_by_the_job(
    pool: PoolOnChain, payer: LocalSigner, relay: Relay, write: int, loss: Handler
) -> None:
    relay.handler = at_send(write, loss)
    block = pool.block()
    top_up(pool, payer, client=ChainClient(relay.url))
    assert balances_of_identities(pool) == [FULL, FULL, UNCHANGED]
    gas_wei = fees_paid_wei(pool.ledger.rpc, [payer.address], block)
    assert balances_of(pool, payer.address) == (
        PAYER_XDAI_WEI - PAID_XDAI_WEI - gas_wei,
        PAYER_WXHOPR_WEI - PAID_WXHOPR_WEI,
    )


def test_nothing_is_sent_to_an_endpoint_of_another_chain(pool: PoolOnChain, payer: LocalSigner, relay: Relay) -> None:
    order = order_for(pool)
    network = order.desired.network.model_copy(update={"chain_id": 101})
    with pytest.raises(WrongChain):
        top_up(pool, payer, replace(order, desired=replace(order.desired, network=network)), ChainClient(relay.url))
    assert relay.sent == []


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"nodes": 1}), "null"])
def test_text_that_is_not_an_order_is_reported_in_one_sentence(text: str) -> None:
    with pytest.raises(
        OrderUnreadable, match=r"the order (is not an order of this version|lacks '\w+').*run `pulumi up`"
    ):
        Order.parse(text, "http://127.0.0.1:1")


@pytest.mark.parametrize("key", ["network", "wallet", "policy", "nodes", "founders", "chain", "keepXdaiWei"])
def test_an_order_without_a_required_key_is_refused(pool: PoolOnChain, key: str) -> None:
    order = json.loads(text_of_order(pool))
    del order[key]
    with pytest.raises(OrderUnreadable):
        Order.parse(json.dumps(order), pool.chain.rpc_url)


def test_an_invalid_endpoint_url_is_reported_without_showing_it(pool: PoolOnChain) -> None:
    with pytest.raises(OrderUnreadable, match="RPC_URL") as caught:
        Order.parse(text_of_order(pool), "planted-rpc-key")
    assert "planted" not in str(caught.value)


@pytest.fixture
def command(
    pool: PoolOnChain, payer: LocalSigner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., int]:
    """`command(RPC_URL=…)` runs the job's command with changed or removed (None) variables; returns its exit code."""
    order_file, nodes_file = tmp_path / "order.json", tmp_path / "addresses.txt"
    order_file.write_text(text_of_order(pool))
    nodes_file.write_text(",".join(identity.node for identity in pool.desired.identities) + "\n")
    key = payer._key.to_hex()

    def run(**changes: str | None) -> int:
        variables = {"RPC_URL": pool.chain.rpc_url, "DEPLOYER_PRIVATE_KEY": key, **changes}
        for name, value in variables.items():
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        return main(["top-up", "--order", str(order_file), "--nodes", str(nodes_file)])

    return run


def test_the_command_reports_its_transactions_and_exits_with_0(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command() == 0
    output = capsys.readouterr().out
    assert "pay 0.15 xDai to 2 identities: transaction 0x" in output
    assert output.splitlines()[-1] == "3 of 3 identities have what they need; 2 transactions sent"
    assert command() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 of 3 identities have what they need; 0 transactions sent"


def test_the_command_exits_with_1_if_an_identity_is_skipped(
    command: Callable[..., int], pool: PoolOnChain, capsys: pytest.CaptureFixture[str]
) -> None:
    first = pool.desired.identities[0]
    pool.as_safe(first, Call(first.module, MODULE.encode("removeNode", first.node)))
    assert command() == 1
    captured = capsys.readouterr()
    assert captured.err == "skipped: core-1: its Safe or module is not complete: run `pulumi up`\n"
    assert captured.out.splitlines()[-1] == "2 of 3 identities have what they need; 1 transaction sent"


def test_a_node_that_is_not_in_the_order_is_skipped_and_reported(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "addresses.txt").write_text(f"{THIRD_PARTY}\n")
    assert command() == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"skipped: {THIRD_PARTY}: is a node of the pool, but not in the job's order: run")
    assert captured.out == "0 of 1 identities have what they need; 0 transactions sent\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"DEPLOYER_PRIVATE_KEY": None}, "the environment: has no DEPLOYER_PRIVATE_KEY"),
        ({"DEPLOYER_PRIVATE_KEY": "planted"}, "the environment: DEPLOYER_PRIVATE_KEY is not a private key"),
        ({"RPC_URL": None}, "RPC_URL"),
        ({"RPC_URL": "http://127.0.0.1:1/planted-rpc-key"}, "http://127.0.0.1:1 cannot be reached"),
    ],
)
def test_the_command_exits_with_2_and_reports_its_failure_in_one_line(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str], changes: dict[str, str | None], message: str
) -> None:
    assert command(**changes) == 2
    output = capsys.readouterr().err
    assert output.startswith("failed: ")
    assert message in output
    assert len(output.splitlines()) == 1
    assert "planted" not in output
