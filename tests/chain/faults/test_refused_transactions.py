"""An endpoint refuses transactions, estimates and blocks in the words of many clients: everything is paid once."""

from __future__ import annotations

import pytest

from identity.chain.client import ChainClient
from identity.errors import ChainError, TransactionError
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.lagging import height, lagging, round_robin
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import SEND, Forward, Relay, Request, answer, at_send, every, forward_and_answer, pass_through
from testkit.identity.endpoint import Answer, refusal

pytestmark = pytest.mark.usefixtures("short_timeouts")

TRANSACTIONS = 6
FIRST_BATCH, PAYMENT, ANNOUNCEMENT = 0, 2, 5


def test_an_endpoint_that_requires_a_higher_priority_fee_ends_the_run_and_the_error_names_the_setting(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    refused = refusal("transaction underpriced: gas tip cap 2000000000, minimum needed 3000000000")
    relay.handler = every(SEND, answer(refused))
    client.patience_s = 1
    with pytest.raises((ChainError, TransactionError), match=r"raise chain\.priorityFeeGwei"):
        pool.apply(client)
    assert relay.transactions == 1
    balances.assert_unchanged()


TEMPORARY_REFUSALS = {
    "existing txn with same hash": True,
    "fee too low to compete": True,
    "FeeTooLowToCompete": False,
    "txpool is full": False,
    "pending sub-pool is full": False,
    "the node is syncing": False,
    "NonceGap, Future nonce. Expected nonce: 0, got: 1": False,
    "nonce too high": False,
    "nonce too low": True,
    "replacement transaction underpriced": True,
    "ReplacementNotAllowed": False,
    "something unheard of": False,
}
"""The words of a refusal, and whether the endpoint has the transaction all the same."""


@pytest.mark.parametrize("words", TEMPORARY_REFUSALS)
@pytest.mark.parametrize("transaction", [FIRST_BATCH, PAYMENT, ANNOUNCEMENT])
def test_a_transaction_that_is_refused_once_is_found_or_sent_again(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, transaction: int, words: str
) -> None:
    taken = TEMPORARY_REFUSALS[words]
    refused = refusal(words)
    relay.handler = at_send(transaction, forward_and_answer(refused) if taken else answer(refused))
    pool.apply(client)
    assert relay.transactions == TRANSACTIONS
    balances.assert_complete_and_paid_once()


def test_an_endpoint_that_cannot_estimate_gas_gets_the_expected_limit(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    relay.handler = every("eth_estimateGas", answer(refusal("Gas estimation failed due to out of gas")))
    pool.apply(client)
    assert relay.transactions == TRANSACTIONS
    balances.assert_complete_and_paid_once()


def test_a_transaction_that_fails_is_not_sent_to_an_endpoint_that_cannot_estimate_gas(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient
) -> None:
    """Every simulation of the wallet's transactions reverts; the views of an observation have no sender."""

    def handle(request: Request, forward: Forward) -> Answer | None:
        if request.method == "eth_estimateGas":
            return refusal("Gas estimation failed due to out of gas")
        if request.method == "eth_call" and "from" in request.parameters[0]:
            return refusal("execution reverted", code=3)
        return forward()

    relay.handler = handle
    with pytest.raises(TransactionError, match="not sent, it would fail"):
        pool.apply(client)
    assert relay.transactions == 0
    balances.assert_unchanged()


LAG_IN_OTHER_WORDS = {
    "Geth": "header for hash not found",
    "Nethermind": "Block 0x12 could not be found",
    "Erigon": "block not found: 12",
    "Erigon, reorganised": "hash 0x12 is not currently canonical",
    "another client": "no idea what you mean",
}


@pytest.mark.usefixtures("new_blocks")
@pytest.mark.parametrize("client_name", LAG_IN_OTHER_WORDS)
def test_a_run_completes_when_one_of_two_servers_lags_and_says_it_in_its_own_words(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, client: ChainClient, client_name: str
) -> None:
    url = pool.chain.rpc_url
    words = refusal(LAG_IN_OTHER_WORDS[client_name])
    relay.handler = round_robin(pass_through, lagging(url, lambda: height(url) - 3, words))
    pool.apply(client)
    balances.assert_complete_and_paid_once()
    assert relay.counts["eth_call"] < 100
