"""An endpoint that fails, limits requests, lags, or returns invalid responses causes no double payment."""

from __future__ import annotations

import time

import pytest

from devnet.rpc import Rpc
from identity.chain.client import ChainClient
from identity.errors import ChainError, IdentityError, RpcUnavailable, TransactionError, WrongChain
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.lagging import height, lagging, round_robin
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import (
    KEY,
    SEND,
    TIMEOUT_S,
    Forward,
    Handler,
    Relay,
    Request,
    answer,
    ask,
    at_send,
    drop,
    every,
    forward_and_answer,
    forward_and_drop,
    pass_through,
    relaying,
)
from testkit.identity.endpoint import Answer, refusal, result

pytestmark = pytest.mark.usefixtures("short_timeouts")

TRANSACTIONS = 6
FIRST_BATCH, PAYMENT, REGISTRATION = 0, 2, 4
CONFIRMATIONS = 3
LATE_POLLS = 8
"""More polls than a round waits for the receipt of a transaction that another one may have replaced."""
OBSERVATION_METHODS = {"eth_getBlockByNumber", "eth_call", "eth_estimateGas"}


def answer_too_late(request: Request, forward: Forward) -> Answer | None:
    """Process the request, and respond after the client's timeout."""
    given = forward()
    time.sleep(1.5 * TIMEOUT_S)
    return given


FAILURES: dict[str, Handler] = {
    "connection dropped": drop,
    "response too late": answer_too_late,
    "HTTP 429": answer((429, b"slow down")),
    "HTTP 500": answer((500, b"oops")),
    "HTTP 502 of a proxy": answer((502, b"<html>bad gateway</html>")),
    "JSON-RPC limit": answer(refusal("rate limit exceeded", code=-32005)),
    "not JSON-RPC": answer((200, b"hello")),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_read_is_repeated(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, failure: str
) -> None:
    """The first read of each method fails, and every tenth later one."""
    relay.handler = lambda request, forward: (
        FAILURES[failure](request, forward) if request.method != SEND and request.count % 10 == 0 else forward()
    )
    pool.apply(client)
    assert relay.transactions == TRANSACTIONS
    balances.assert_complete_and_paid_once()


UNKNOWN_OUTCOMES: dict[str, Handler] = {
    "reply lost": forward_and_drop,
    "reply too late": answer_too_late,
    "HTTP 500 although it was taken": forward_and_answer((500, b"oops")),
    "garbage although it was taken": forward_and_answer((200, b"hello")),
    "taken twice": lambda _, forward: (forward(), forward())[1],
    "dropped on the way": drop,
    "HTTP 429 and not taken": answer((429, b"slow down")),
    "HTTP 503 and not taken": answer((503, b"later")),
}


@pytest.mark.parametrize("outcome", UNKNOWN_OUTCOMES)
@pytest.mark.parametrize("transaction", [FIRST_BATCH, PAYMENT, REGISTRATION])
def test_a_send_with_an_unknown_outcome_causes_no_extra_transaction(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, transaction: int, outcome: str
) -> None:
    relay.handler = at_send(transaction, UNKNOWN_OUTCOMES[outcome])
    pool.apply(client)
    assert relay.transactions == TRANSACTIONS
    balances.assert_complete_and_paid_once()


def failing_after(transactions: int) -> Handler:
    """Accept this many transactions, then drop every connection."""
    sent = 0

    def handle(request: Request, forward: Forward) -> Answer | None:
        nonlocal sent
        failed = sent >= transactions
        sent += request.method == SEND
        return None if failed else forward()

    return handle


@pytest.mark.parametrize("transaction", range(TRANSACTIONS))
def test_a_permanent_endpoint_failure_ends_the_run_and_the_next_run_completes(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, transaction: int
) -> None:
    relay.handler = failing_after(transaction)
    with pytest.raises(RpcUnavailable) as caught:
        pool.apply(client)
    assert KEY not in str(caught.value)
    relay.handler = pass_through
    pool.apply(client)
    balances.assert_complete_and_paid_once()


def test_an_endpoint_of_another_chain_is_rejected_before_anything_is_sent(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, fresh_anvil: str
) -> None:
    with Rpc(fresh_anvil) as rpc:
        rpc.call("anvil_setChainId", 101)
    with relaying(fresh_anvil) as elsewhere:
        with pytest.raises(WrongChain, match="serves chain 101, but network rotsee is on chain 100"):
            pool.apply(ChainClient(elsewhere.url))
        assert elsewhere.sent == []
    balances.assert_unchanged()


@pytest.mark.parametrize("method", [SEND, "eth_getTransactionReceipt", "eth_getBlockByNumber"])
def test_an_endpoint_that_switches_to_another_chain_ends_the_run_and_the_next_run_completes(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, fresh_anvil: str, method: str
) -> None:
    """It switches at the second request of a method. The other chain is empty and rejects this chain's transactions."""
    with Rpc(fresh_anvil) as rpc:
        rpc.call("anvil_setChainId", 101)
    switched = False

    def handle(request: Request, forward: Forward) -> Answer | None:
        nonlocal switched
        switched = switched or (request.method, request.count) == (method, 1)
        if not switched:
            return forward()
        body = {"jsonrpc": "2.0", "id": 0, "method": request.method, "params": request.parameters}
        return ask(fresh_anvil, body)

    relay.handler = handle
    with pytest.raises(IdentityError):
        pool.apply(client)
    relay.handler = pass_through
    pool.apply(client)
    balances.assert_complete_and_paid_once()


@pytest.mark.usefixtures("new_blocks")
@pytest.mark.parametrize("behind", [1, 3, 8])
def test_a_run_completes_when_one_of_two_servers_lags(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, behind: int
) -> None:
    url = pool.chain.rpc_url
    relay.handler = round_robin(pass_through, lagging(url, lambda: height(url) - behind))
    pool.apply(client)
    balances.assert_complete_and_paid_once()


@pytest.mark.usefixtures("new_blocks")
def test_a_run_completes_when_the_only_server_always_lags(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    url = pool.chain.rpc_url
    relay.handler = lagging(url, lambda: height(url) - 3)
    pool.apply(client)
    balances.assert_complete_and_paid_once()


@pytest.mark.parametrize("catches_up", [True, False], ids=["catches up", "never catches up"])
def test_an_observation_older_than_a_receipt_is_discarded(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, catches_up: bool
) -> None:
    """The receipt of the first batch comes from one server, the next observations from another server, which lags."""
    lagging_server, observations = lagging(pool.chain.rpc_url, lambda: balances.block), 0

    def handle(request: Request, forward: Forward) -> Answer | None:
        nonlocal observations
        observations += bool(relay.sent) and request.method == "eth_getBlockByNumber"
        lags = relay.sent and not (catches_up and observations > 5)
        return lagging_server(request, forward) if lags and request.method in OBSERVATION_METHODS else forward()

    relay.handler = handle
    if not catches_up:
        with pytest.raises(RpcUnavailable, match="a server behind it lags; run again later"):
            pool.apply(client)
        relay.handler = pass_through
    pool.apply(client)
    assert relay.transactions == TRANSACTIONS
    balances.assert_complete_and_paid_once()


def test_a_server_stuck_at_one_block_ends_the_run_and_causes_no_double_payment(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    stuck_at = balances.block
    relay.handler = lagging(pool.chain.rpc_url, lambda: stuck_at)
    for _ in range(2):
        with pytest.raises((TransactionError, ChainError)):
            pool.apply(client)
    relay.handler = pass_through
    pool.apply(client)
    balances.assert_complete_and_paid_once()


def test_late_receipts_are_awaited_and_confirmed(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    """The servers behind the URL return the wallet's nonce before its receipts, for longer than the run waits."""
    hidden = 0

    def handle(request: Request, forward: Forward) -> Answer | None:
        nonlocal hidden
        if request.method == "eth_getTransactionReceipt" and hidden < LATE_POLLS:
            hidden += 1
            return result(None)
        return forward()

    relay.handler = handle
    reports: list[str] = []

    def report(text: str) -> None:
        reports.append(text)
        if text.startswith("waiting"):
            pool.ledger.rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = pool.chain_settings.model_copy(update={"confirmations": CONFIRMATIONS})
    done = pool.apply(client, chain_settings=chain_settings, report=report)
    assert hidden == LATE_POLLS
    assert len(done.receipts) == TRANSACTIONS
    assert any(text.startswith("waiting") for text in reports)
    assert not any("overtaken" in text for text in reports)
    balances.assert_complete_and_paid_once()


@pytest.mark.parametrize("method", ["eth_getTransactionCount", "eth_call"])
def test_a_request_with_an_empty_response_is_repeated(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, method: str
) -> None:
    """A lagging server does not have the block whose hash the request names."""
    relay.handler = lambda request, forward: (
        result(None) if request.method == method and request.count % 2 == 0 else forward()
    )
    pool.apply(client)
    balances.assert_complete_and_paid_once()


def test_a_run_completes_when_the_log_search_times_out(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    relay.handler = every("eth_getLogs", answer((504, b"gateway time-out")))
    pool.apply(client)
    balances.assert_complete_and_paid_once()
