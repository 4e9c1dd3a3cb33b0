"""Reorganisations of three or more blocks: the lost transactions are repeated, and nothing is paid twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from config.models.chain import ChainSettings
from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.rpc import RpcError
from identity.chain.client import ChainClient
from identity.errors import TransactionPending
from identity.evm.calls import Call
from identity.evm.contracts import MODULE, NETWORK_REGISTRY, TOKEN, UNLIMITED_WEI
from identity.provisioning.configure import missing_calls
from identity.submission import delivery as sending
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, THIRD_PARTY, WXHOPR, PoolOnChain
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.relay import SEND, Forward, Relay, Request
from testkit.identity.endpoint import Answer

DEPTH = 3
CONFIRMATIONS = 4
GIFT_WEI = 777


@dataclass
class Reorganisation:
    """Replaces the last blocks once, when a test triggers it; then the chain continues."""

    pool: PoolOnChain
    relay: Relay
    instead: Callable[[Reorganisation, list[str]], None]
    depth: int = DEPTH
    done: bool = False
    taken_back: list[str] = field(default_factory=list)

    def happens(self) -> None:
        rpc = self.pool.ledger.rpc
        head = self.pool.block()
        blocks = [
            rpc.call("eth_getBlockByNumber", hex(number), False) for number in range(head - self.depth + 1, head + 1)
        ]
        self.taken_back = [hash_ for block in blocks for hash_ in block["transactions"]]
        raw = [rpc.call("eth_getRawTransactionByHash", hash_) for hash_ in self.taken_back]
        rpc.call("anvil_rollback", self.depth)
        rpc.call("evm_increaseTime", 1000)  # the same transactions at the same time would be the same blocks
        self.done = True
        self.instead(self, [one for one in raw if one])
        rpc.call("anvil_mine", hex(2 * self.depth))


def nothing(_reorganisation: Reorganisation, _raw: list[str]) -> None:
    """The transactions are lost."""


def the_same_transactions(reorganisation: Reorganisation, raw: list[str]) -> None:
    """They are mined again, in other blocks."""
    for one in raw:
        reorganisation.pool.ledger.rpc.call("eth_sendRawTransaction", one)


def another_one_of_the_wallet_first(reorganisation: Reorganisation, raw: list[str]) -> None:
    """A person's transaction takes the first nonce; the returning ones are too late, or pending behind it."""
    wallet = reorganisation.pool.desired.wallet
    call = {"from": wallet, "to": THIRD_PARTY, "value": hex(GIFT_WEI)}
    reorganisation.pool.ledger.rpc.call("eth_sendTransactionSync", call)
    for one in raw:
        with suppress(RpcError):  # nonce too low
            reorganisation.pool.ledger.rpc.call("eth_sendRawTransaction", one)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop waiting after a moment where the program waits minutes."""
    monkeypatch.setattr(sending, "_PATIENCE_S", 1.5)


INSTEAD = [nothing, the_same_transactions, another_one_of_the_wallet_first]


@pytest.mark.parametrize("instead", INSTEAD, ids=lambda instead: instead.__name__)
def test_three_blocks_reorganised_while_it_waits_for_confirmations(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, instead: Callable[[Reorganisation, list[str]], None]
) -> None:
    reorganisation = Reorganisation(pool, relay, instead)

    def when_it_waits(text: str) -> None:
        pool.said.append(text)
        if text.startswith("waiting"):
            if not reorganisation.done:
                reorganisation.happens()
            pool.ledger.rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = ChainSettings(rpc_url=pool.chain_settings.rpc_url, confirmations=CONFIRMATIONS, block_time_s=0)
    pool.apply(ChainClient(relay.url), chain_settings=chain_settings, report=when_it_waits)
    assert len(reorganisation.taken_back) == DEPTH
    assert "a reorganisation replaced the block; observing again" in pool.said
    opening.assert_complete_and_paid_once(spent_xdai_wei=pool.ledger.xdai_of(THIRD_PARTY))


@pytest.mark.parametrize("instead", INSTEAD, ids=lambda instead: instead.__name__)
@pytest.mark.parametrize("write", [3, 4, 5])
def test_three_blocks_reorganised_just_before_a_write(
    pool: PoolOnChain,
    opening: OpeningBalances,
    relay: Relay,
    write: int,
    instead: Callable[[Reorganisation, list[str]], None],
) -> None:
    """What is about to be sent builds on blocks that are gone; where it cannot be mined, the run ends after a while."""
    reorganisation = Reorganisation(pool, relay, instead)

    def meddle(request: Request, forward: Forward) -> Answer | None:
        if request.method == SEND and request.count == write and not reorganisation.done:
            reorganisation.happens()
        return forward()

    relay.meddle = meddle
    try:
        pool.apply(ChainClient(relay.url))
    except TransactionPending:
        pool.apply(ChainClient(relay.url))
    assert reorganisation.done
    opening.assert_complete_and_paid_once(spent_xdai_wei=pool.ledger.xdai_of(THIRD_PARTY))


@pytest.mark.parametrize("instead", INSTEAD, ids=lambda instead: instead.__name__)
def test_three_blocks_reorganised_after_the_run_are_repaired_by_the_next_run(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, instead: Callable[[Reorganisation, list[str]], None]
) -> None:
    pool.apply()
    Reorganisation(pool, relay, instead).happens()
    pool.apply(ChainClient(relay.url))
    opening.assert_complete_and_paid_once(spent_xdai_wei=pool.ledger.xdai_of(THIRD_PARTY))


@pytest.mark.parametrize("the_endpoint_has_them", [True, False])
def test_payments_that_survive_a_reorganisation_are_not_made_twice(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, the_endpoint_has_them: bool
) -> None:
    """Five blocks are gone, but for two payments with higher nonces; and less is left to do, so nonces come sooner."""
    payments: list[str] = []
    rpc, registry = pool.ledger.rpc, pool.desired.contracts.network_registry

    def somebody_registers(_reorganisation: Reorganisation, raw: list[str]) -> None:
        payments.extend(raw[-2:])
        safes, nodes = [one.safe for one in pool.desired.identities], [one.node for one in pool.desired.identities]
        pool.ledger.send(ADMINISTRATOR, registry, NETWORK_REGISTRY.encode("managerRegister", safes, nodes))
        flags = [True] * len(safes)
        pool.ledger.send(ADMINISTRATOR, registry, NETWORK_REGISTRY.encode("managerForceSync", safes, flags))
        for one in payments if the_endpoint_has_them else []:
            rpc.call("eth_sendRawTransaction", one)

    reorganisation = Reorganisation(pool, relay, somebody_registers, depth=5)

    def when_it_waits(text: str) -> None:
        pool.said.append(text)
        if text.startswith("waiting"):
            if not reorganisation.done:
                reorganisation.happens()
            rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = ChainSettings(rpc_url=pool.chain_settings.rpc_url, confirmations=CONFIRMATIONS, block_time_s=0)
    pool.apply(ChainClient(relay.url), chain_settings=chain_settings, report=when_it_waits)
    for one in payments:
        with suppress(RpcError):  # nonce too low
            rpc.call("eth_sendRawTransaction", one)
    assert len(payments) == 2
    opening.assert_complete_and_paid_once()
    assert any("use up a nonce" in text for text in pool.said)


def test_an_operator_payment_that_survives_a_reorganisation_is_not_made_twice(
    chain: DevelopmentChain, ledger: Ledger, relay: Relay
) -> None:
    """What the reorganisation leaves to do takes no nonce of the operator Safe, which would have outdated it."""
    pool = PoolOnChain.of(chain, ledger, 4)
    pool.apply()
    rpc, token, wallet = ledger.rpc, pool.desired.contracts.token, pool.desired.wallet
    spender, poor, repaired, _ = pool.desired.identities
    ledger.send(wallet, token, TOKEN.encode("approve", pool.desired.operator, UNLIMITED_WEI))
    rpc.call("anvil_setBalance", poor.node, hex(NODE_XDAI_WEI // 4))
    pool.as_safe(repaired, Call(repaired.module, MODULE.encode("removeNode", repaired.node)))
    pool.as_safe(spender, Call(token, TOKEN.encode("transfer", THIRD_PARTY, 8 * WXHOPR)))  # goes with the blocks
    late: list[str] = []

    def third_party_relays_the_repair(_reorganisation: Reorganisation, raw: list[str]) -> None:
        late.append(raw[-1])
        calls = missing_calls(pool.desired, repaired, pool.observe().identities[repaired.name])
        pool.as_safe(repaired, *calls)

    reorganisation = Reorganisation(pool, relay, third_party_relays_the_repair)

    def when_it_waits(text: str) -> None:
        if text.startswith("waiting"):
            if reorganisation.done:
                with suppress(RpcError):  # nonce too low
                    rpc.call("eth_sendRawTransaction", late[0])
            else:
                reorganisation.happens()
            rpc.call("anvil_mine", hex(CONFIRMATIONS))

    chain_settings = ChainSettings(rpc_url=pool.chain_settings.rpc_url, confirmations=CONFIRMATIONS, block_time_s=0)
    pool.apply(ChainClient(relay.url), chain_settings=chain_settings, report=when_it_waits)
    assert reorganisation.done
    held = pool.balances().values()
    assert [one.node_xdai_wei for one in held] == [NODE_XDAI_WEI] * 4
    assert [one.safe_wxhopr_wei for one in held] == [SAFE_WXHOPR_WEI] * 4
