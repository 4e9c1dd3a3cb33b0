"""Random changes of the chain's own responses end in a sentence, never in a traceback, and nobody is paid too much.

HOPRD_FUZZ_ANSWERS is the number of changed responses, HOPRD_FUZZ_SEED chooses others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from config.errors import HoprdError
from identity.chain import patience
from identity.chain.client import ChainClient
from identity.observation.observe import observe
from identity.secrets.signers import LocalSigner
from identity.submission import delivery
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.funding_job import top_up
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, PoolOnChain
from testkit.faults.mutated_answers import mutated
from testkit.faults.relay import Forward, Relay, Request, relaying
from testkit.identity.endpoint import Answer

ANSWERS = int(os.environ.get("HOPRD_FUZZ_ANSWERS", "600"))
SEED = int(os.environ.get("HOPRD_FUZZ_SEED", "1"))
SIZE = 2


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(delivery, "_PATIENCE_S", 0.3)
    monkeypatch.setattr(delivery, "LAG_POLLS", 2)


def _provision(pool: PoolOnChain, client: ChainClient) -> None:
    pool.apply(client)


def _observe(pool: PoolOnChain, client: ChainClient) -> None:
    observe(client, pool.desired)


def _top_up(pool: PoolOnChain, client: ChainClient) -> None:
    top_up(pool, LocalSigner(bytes(pool.chain.wallet.key)), client=client)


OPERATIONS: dict[str, Callable[[PoolOnChain, ChainClient], None]] = {
    "observation": _observe,
    "submission": _provision,
    "funding job": _top_up,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_changed_responses_end_in_a_sentence(chain: DevelopmentChain, ledger: Ledger, operation: str) -> None:
    random, changed, outcomes = Random(f"{SEED} {operation}"), 0, Counter[str]()  # noqa: S311
    pool = PoolOnChain.of(chain, ledger, SIZE)
    if operation != "submission":
        pool.apply()
        for identity in pool.desired.identities:
            ledger.rpc.call("anvil_setBalance", identity.node, hex(NODE_XDAI_WEI // 4))
    share = 0.02

    def handle(_request: Request, forward: Forward) -> Answer | None:
        nonlocal changed
        answer = forward()
        if random.random() >= share:
            return answer
        changed += 1
        return mutated(answer, random)

    with relaying(chain.rpc_url) as relay:
        relay.handler = handle
        while changed < ANSWERS // len(OPERATIONS):
            share = random.choice((0.05, 0.3, 1.0))
            outcomes[_outcome(OPERATIONS[operation], pool, relay)] += 1
            _restart(ledger, pool)
    assert changed >= ANSWERS // len(OPERATIONS)
    assert "done" in outcomes or operation == "submission", outcomes


def _restart(ledger: Ledger, pool: PoolOnChain) -> None:
    """Assert that nobody was paid too much; then make both nodes poor again."""
    ledger.rpc.call("anvil_dropAllTransactions")
    for held in pool.balances().values():
        assert held.node_xdai_wei <= NODE_XDAI_WEI
        assert held.safe_wxhopr_wei <= SAFE_WXHOPR_WEI
    for identity in pool.desired.identities:
        ledger.rpc.call("anvil_setBalance", identity.node, hex(NODE_XDAI_WEI // 4))


def _outcome(operation: Callable[[PoolOnChain, ChainClient], None], pool: PoolOnChain, relay: Relay) -> str:
    try:
        operation(pool, ChainClient(relay.url, timeout_s=2, patience_s=0.05))
    except HoprdError as error:
        return type(error).__name__
    return "done"
