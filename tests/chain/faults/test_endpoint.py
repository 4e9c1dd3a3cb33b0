"""An endpoint that fails, limits, lies, lags or dies at any moment causes no double payment."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from devnet.rpc import Rpc
from identity.chain import rpc
from identity.chain.client import ChainClient
from identity.errors import ChainError, IdentityError, RpcUnavailable, TransactionError, WrongChain
from identity.submission import delivery as sending
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.lagging import height, in_turn, lagging
from testkit.faults.mining import mining
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import (
    SEND,
    Forward,
    Meddling,
    Relay,
    Request,
    answer,
    ask,
    at_send,
    drop,
    every,
    forward_and_answer,
    forward_and_drop,
    relaying,
    untouched,
)
from testkit.identity.endpoint import Answer, refusal, result

TIMEOUT_S = 1
WRITES = 6
FIRST_BATCH, A_PAYMENT, THE_REGISTRATION = 0, 2, 4
CONFIRMATIONS = 3
LATE_POLLS = 8
"""More polls than a round waits for the receipt of a transaction that another one may have replaced."""
KEY = "planted-rpc-key"
LOOKS = {"eth_getBlockByNumber", "eth_call", "eth_estimateGas"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a moment where the program waits seconds or minutes."""
    monkeypatch.setattr(rpc, "_FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(sending, "_PATIENCE_S", 1.5)


@pytest.fixture
def client(relay: Relay) -> ChainClient:
    return ChainClient(f"{relay.url}/?apikey={KEY}", timeout_s=TIMEOUT_S)


def too_late(request: Request, forward: Forward) -> Answer | None:
    """Process the request, and respond after the client's timeout."""
    given = forward()
    time.sleep(1.5 * TIMEOUT_S)
    return given


FAILURES: dict[str, Meddling] = {
    "connection dropped": drop,
    "no answer in time": too_late,
    "HTTP 429": answer((429, b"slow down")),
    "HTTP 500": answer((500, b"oops")),
    "HTTP 502 of a proxy": answer((502, b"<html>bad gateway</html>")),
    "JSON-RPC limit": answer(refusal("rate limit exceeded", code=-32005)),
    "not JSON-RPC": answer((200, b"hello")),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_read_that_fails_is_repeated(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient, failure: str
) -> None:
    """The first read of each method fails, and every tenth later one."""
    relay.meddle = lambda request, forward: (
        FAILURES[failure](request, forward) if request.method != SEND and request.count % 10 == 0 else forward()
    )
    pool.apply(client)
    assert relay.transactions == WRITES
    opening.assert_complete_and_paid_once()


UNKNOWN_FATE: dict[str, Meddling] = {
    "reply lost": forward_and_drop,
    "reply too late": too_late,
    "HTTP 500 although it was taken": forward_and_answer((500, b"oops")),
    "garbage although it was taken": forward_and_answer((200, b"hello")),
    "taken twice": lambda _, forward: (forward(), forward())[1],
    "dropped on the way": drop,
    "HTTP 429 and not taken": answer((429, b"slow down")),
    "HTTP 503 and not taken": answer((503, b"later")),
}


@pytest.mark.parametrize("fate", UNKNOWN_FATE)
@pytest.mark.parametrize("write", [FIRST_BATCH, A_PAYMENT, THE_REGISTRATION])
def test_a_send_without_a_clear_response_is_not_replaced_by_another(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient, write: int, fate: str
) -> None:
    relay.meddle = at_send(write, UNKNOWN_FATE[fate])
    pool.apply(client)
    assert relay.transactions == WRITES
    opening.assert_complete_and_paid_once()


def dead_after(write: int) -> Meddling:
    """Accept this many transactions, then drop every connection."""
    sent = 0

    def meddle(request: Request, forward: Forward) -> Answer | None:
        nonlocal sent
        dead = sent >= write
        sent += request.method == SEND
        return None if dead else forward()

    return meddle


@pytest.mark.parametrize("write", range(WRITES))
def test_an_endpoint_that_dies_ends_the_run_and_the_next_run_finishes(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient, write: int
) -> None:
    relay.meddle = dead_after(write)
    with pytest.raises(RpcUnavailable) as caught:
        pool.apply(client)
    assert KEY not in str(caught.value)
    relay.meddle = untouched
    pool.apply(client)
    opening.assert_complete_and_paid_once()


def test_an_endpoint_of_another_chain_is_refused_and_nothing_is_sent(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, fresh_anvil: str
) -> None:
    with Rpc(fresh_anvil) as rpc:
        rpc.call("anvil_setChainId", 101)
    with relaying(fresh_anvil) as elsewhere:
        with pytest.raises(WrongChain, match="serves chain 101, but network rotsee is on chain 100"):
            pool.apply(ChainClient(elsewhere.url))
        assert elsewhere.sent == []
    opening.assert_untouched()


@pytest.mark.parametrize("method", [SEND, "eth_getTransactionReceipt", "eth_getBlockByNumber"])
def test_an_endpoint_that_switches_chains_midway_ends_the_run_and_the_next_run_finishes(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient, fresh_anvil: str, method: str
) -> None:
    """From the second request of a method on; the other chain is empty, and takes no transaction for this one."""
    with Rpc(fresh_anvil) as rpc:
        rpc.call("anvil_setChainId", 101)
    turned = False

    def meddle(request: Request, forward: Forward) -> Answer | None:
        nonlocal turned
        turned = turned or (request.method, request.count) == (method, 1)
        if not turned:
            return forward()
        body = {"jsonrpc": "2.0", "id": 0, "method": request.method, "params": request.parameters}
        return ask(fresh_anvil, body)

    relay.meddle = meddle
    with pytest.raises(IdentityError):
        pool.apply(client)
    relay.meddle = untouched
    pool.apply(client)
    opening.assert_complete_and_paid_once()


@pytest.fixture
def blocks_go_on(pool: PoolOnChain) -> Iterator[None]:
    pool.ledger.rpc.call("anvil_mine", hex(10))
    with mining(pool.chain.rpc_url):
        yield


@pytest.mark.usefixtures("blocks_go_on")
@pytest.mark.parametrize("behind", [1, 3, 8])
def test_one_lagging_server_of_two_behind_one_url_does_no_harm(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient, behind: int
) -> None:
    url = pool.chain.rpc_url
    relay.meddle = in_turn(untouched, lagging(url, lambda: height(url) - behind))
    pool.apply(client)
    opening.assert_complete_and_paid_once()


@pytest.mark.usefixtures("blocks_go_on")
def test_a_server_that_always_lags_does_no_harm(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    url = pool.chain.rpc_url
    relay.meddle = lagging(url, lambda: height(url) - 3)
    pool.apply(client)
    opening.assert_complete_and_paid_once()


@pytest.mark.parametrize("catches_up", [True, False], ids=["catches up", "never does"])
def test_an_observation_that_is_older_than_a_receipt_is_discarded(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient, catches_up: bool
) -> None:
    """The receipt of the first batch comes from one server, the next looks from another one, which lags."""
    late, looks = lagging(pool.chain.rpc_url, lambda: opening.block), 0

    def meddle(request: Request, forward: Forward) -> Answer | None:
        nonlocal looks
        looks += bool(relay.sent) and request.method == "eth_getBlockByNumber"
        lags = relay.sent and not (catches_up and looks > 5)
        return late(request, forward) if lags and request.method in LOOKS else forward()

    relay.meddle = meddle
    if not catches_up:
        with pytest.raises(RpcUnavailable, match="a server behind it lags; run again later"):
            pool.apply(client)
        relay.meddle = untouched
    pool.apply(client)
    assert relay.transactions == WRITES
    opening.assert_complete_and_paid_once()


def test_a_server_that_stands_still_ends_the_run_and_causes_no_double_payment(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    stuck_at = opening.block
    relay.meddle = lagging(pool.chain.rpc_url, lambda: stuck_at)
    for _ in range(2):
        with pytest.raises((TransactionError, ChainError)):
            pool.apply(client)
    relay.meddle = untouched
    pool.apply(client)
    opening.assert_complete_and_paid_once()


def test_late_receipts_are_awaited_and_confirmed(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    """The servers behind the URL return the wallet's nonce before its receipts, for longer than the run waits."""
    hidden = 0

    def meddle(request: Request, forward: Forward) -> Answer | None:
        nonlocal hidden
        if request.method == "eth_getTransactionReceipt" and hidden < LATE_POLLS:
            hidden += 1
            return result(None)
        return forward()

    relay.meddle = meddle
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("waiting"):
            pool.ledger.rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = pool.chain_settings.model_copy(update={"confirmations": CONFIRMATIONS})
    done = pool.apply(client, chain_settings=chain_settings, report=say)
    assert hidden == LATE_POLLS
    assert len(done.receipts) == WRITES
    assert any(text.startswith("waiting") for text in said)
    assert not any("overtaken" in text for text in said)
    opening.assert_complete_and_paid_once()


def test_an_endpoint_that_requires_a_higher_tip_ends_the_run_with_that_reason(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    refused = refusal("transaction underpriced: gas tip cap 2000000000, minimum needed 3000000000")
    relay.meddle = every(SEND, answer(refused))
    with pytest.raises(ChainError, match=r"raise chain\.priorityFeeGwei"):
        pool.apply(client)
    assert relay.transactions == 1
    opening.assert_untouched()


@pytest.mark.parametrize("method", ["eth_getTransactionCount", "eth_call"])
def test_an_empty_response_is_repeated(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient, method: str
) -> None:
    """Servers that lag know a block's hash as little as what is in it."""
    relay.meddle = lambda request, forward: (
        result(None) if request.method == method and request.count % 2 == 0 else forward()
    )
    pool.apply(client)
    opening.assert_complete_and_paid_once()


def test_a_log_search_that_times_out_is_skipped(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    relay.meddle = every("eth_getLogs", answer((504, b"gateway time-out")))
    pool.apply(client)
    opening.assert_complete_and_paid_once()
