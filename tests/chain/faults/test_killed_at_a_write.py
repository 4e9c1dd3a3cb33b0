"""SIGKILL of a real process just before and just after each transaction it sends, in every part of a pool's life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from identity.calls import Call
from identity.contracts import MODULE, TOKEN
from tests.chain.development_chain import DevelopmentChain
from tests.chain.faults.books import Books
from tests.chain.faults.errand import Errand, running
from tests.chain.faults.relay import Meddling, Relay, after, at_send, before
from tests.chain.ledger import Ledger
from tests.chain.pool_on_chain import NODE_XDAI_WEI, PoolOnChain

ADMIN = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
MOMENTS: dict[str, Callable[[Callable[[], object]], Meddling]] = {"before": before, "after": after}


@dataclass(frozen=True)
class Part:
    """A part of a pool's life: how it begins, and how many transactions it takes."""

    begin: Callable[[DevelopmentChain, Ledger], PoolOnChain]
    transactions: int


def making(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, 3)


def making_with_the_operator_safe(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, 9)


def topping_up(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """Two nodes and two Safes are below their minimum, one of them empty."""
    pool = making(chain, ledger)
    pool.apply()
    first, second, _ = pool.wanted.identities
    ledger.rpc.call("anvil_setBalance", first.node, hex(NODE_XDAI_WEI // 2 - 1))
    ledger.rpc.call("anvil_setBalance", second.node, "0x0")
    for identity, wei in ((first, 6), (second, 10)):
        take = TOKEN.encode("transfer", ADMIN, wei * 10**18)
        pool.as_safe(identity, Call(pool.wanted.contracts.token, take))
    return pool


def changing_owners_and_repairing(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    pool = making(chain, ledger)
    pool.apply()
    for identity in pool.wanted.identities:
        pool.as_safe(identity, Call(identity.module, MODULE.encode("removeNode", identity.node)))
    return pool.with_policy(owners=(ADMIN, pool.wanted.wallet), threshold=1)


LIFE = [
    Part(making, 6),
    Part(making_with_the_operator_safe, 4),
    Part(topping_up, 3),
    Part(changing_owners_and_repairing, 1),
]
WRITES = [
    pytest.param(part, write, moment, id=f"{part.begin.__name__}-{moment}-write-{write + 1}")
    for part in LIFE
    for write in range(part.transactions)
    for moment in MOMENTS
]


@pytest.mark.parametrize("part", [pytest.param(part, id=part.begin.__name__) for part in LIFE])
def test_every_write_of_a_pools_life_is_in_the_matrix(
    chain: DevelopmentChain, ledger: Ledger, relay: Relay, journal: Path, part: Part
) -> None:
    pool = part.begin(chain, ledger)
    books = Books.opened(pool)
    with running(Errand.of(pool, relay.url, journal)) as run:
        assert run.ended_with() == ""
    books.assert_settled()
    assert relay.transactions == part.transactions


@pytest.mark.parametrize(("part", "write", "moment"), WRITES)
def test_killed_at_a_write_the_next_run_finishes_and_pays_once(
    chain: DevelopmentChain, ledger: Ledger, relay: Relay, journal: Path, part: Part, write: int, moment: str
) -> None:
    pool = part.begin(chain, ledger)
    books = Books.opened(pool)
    with running(Errand.of(pool, relay.url, journal)) as first:
        relay.meddle = at_send(write, MOMENTS[moment](first.kill))
        assert first.ended_with() == "killed"
    relay.meddle = at_send(-1, before(first.kill))
    with running(Errand.of(pool, relay.url, journal)) as second:
        assert second.ended_with() == ""
    books.assert_settled()
    assert pool.apply().receipts == ()


@pytest.mark.parametrize("half", [False, True], ids=["before-the-line", "in-the-middle-of-the-line"])
@pytest.mark.parametrize("entry", range(2 * LIFE[0].transactions))
def test_killed_while_it_writes_its_journal_the_next_run_finishes_and_pays_once(
    pool: PoolOnChain, books: Books, relay: Relay, journal: Path, entry: int, half: bool
) -> None:
    errand = Errand.of(pool, relay.url, journal)
    with running(replace(errand, dies_at_entry=entry, dies_in_the_middle=half)) as first:
        assert first.ended_with() == "killed"
    with running(errand) as second:
        assert second.ended_with() == ""
    books.assert_settled()
