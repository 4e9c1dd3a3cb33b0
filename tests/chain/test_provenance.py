"""Traces of an earlier owner in a Safe are found before the Safe is paid, each by its own check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from devnet.chain_contracts.calls import encode_call
from identity.chain.client import Block, ChainClient, Log
from identity.errors import PreflightFailed, RpcRejected
from identity.evm.calls import Call, aggregate3, safe_execution
from identity.evm.contracts import (
    ERC1820_REGISTRY,
    FALLBACK_HANDLER,
    MULTICALL3,
    SAFE_PROXY_FACTORY,
    SAFE_SINGLETON,
    SENTINEL,
    ZERO_ADDRESS,
)
from identity.observation.desired import DesiredIdentity
from identity.observation.history import collect_evidence
from identity.observation.observe import ObservedSafe
from identity.observation.points import Point, Verdict
from identity.observation.provenance import examine, points
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.factory_identities import create_with_factory
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import THIRD_PARTY, PoolOnChain
from testkit.protocol import clone_code

_MODULES_SLOT, _OWNERS_SLOT = 1, 2
_OTHER = "0x" + "6b" * 20
_HARMLESS = encode_call("supportsInterface(bytes4)", bytes(4))


@dataclass(frozen=True)
class Elsewhere:
    """One identity of the factory, and what its creator does with it."""

    pool: PoolOnChain

    @property
    def identity(self) -> DesiredIdentity:
        return self.pool.desired.identities[0]

    @property
    def token(self) -> str:
        return self.pool.desired.contracts.token

    def as_safe(self, *calls: Call) -> None:
        self.pool.as_safe(self.identity, *calls)

    def administer(self, signature: str, *arguments: object) -> None:
        self.as_safe(Call(self.identity.safe, encode_call(signature, *arguments)))

    def store(self, slot: int, key: str, value: int) -> None:
        """Write into a mapping of the Safe, as foreign code that the Safe runs can."""
        place = "0x" + keccak(encode(["address", "uint256"], [key, slot])).hex()
        self.pool.ledger.rpc.call("anvil_setStorageAt", self.identity.safe, place, f"0x{value:064x}")

    def put_code(self, address: str, code: bytes) -> None:
        self.pool.ledger.rpc.call("anvil_setCode", address, "0x" + code.hex())

    def points(self, client: ChainClient | None = None) -> dict[str, Point]:
        observed = self.pool.observe()
        found = points(client or self.pool.client(), self.pool.desired, self.identity, observed)
        return {point.key.removeprefix("provenance."): point for point in found}

    def verdicts(self, client: ChainClient | None = None) -> dict[str, Verdict]:
        return {key: point.verdict for key, point in self.points(client).items()}


@pytest.fixture
def elsewhere(chain: DevelopmentChain, ledger: Ledger) -> Elsewhere:
    return Elsewhere(create_with_factory(PoolOnChain.of(chain, ledger, 1)))


def _operator(one: Elsewhere) -> None:
    one.as_safe(Call(one.token, encode_call("authorizeOperator(address)", THIRD_PARTY)))


def _allowance(one: Elsewhere) -> None:
    one.as_safe(Call(one.token, encode_call("approve(address,uint256)", THIRD_PARTY, 5 * 10**17)))


def _node(one: Elsewhere) -> None:
    one.as_safe(Call(one.identity.module, encode_call("addNode(address)", THIRD_PARTY)))


def _token_manager(one: Elsewhere) -> None:
    one.as_safe(Call(ERC1820_REGISTRY, encode_call("setManager(address,address)", one.identity.safe, THIRD_PARTY)))


def _foreign_code(one: Elsewhere) -> None:
    one.as_safe(Call(FALLBACK_HANDLER, _HARMLESS, delegate=True))


def _module_that_acted(one: Elsewhere) -> None:
    one.administer("enableModule(address)", THIRD_PARTY)
    data = encode_call("execTransactionFromModule(address,uint256,bytes,uint8)", _OTHER, 0, b"", 0)
    one.pool.ledger.send(THIRD_PARTY, one.identity.safe, data)
    one.administer("disableModule(address,address)", SENTINEL, THIRD_PARTY)


def _hidden_module(one: Elsewhere) -> None:
    one.administer("enableModule(address)", THIRD_PARTY)
    one.administer("disableModule(address,address)", SENTINEL, THIRD_PARTY)
    one.store(_MODULES_SLOT, THIRD_PARTY, 1)


def _hidden_owner(one: Elsewhere) -> None:
    one.administer("addOwnerWithThreshold(address,uint256)", THIRD_PARTY, 1)
    one.administer("removeOwner(address,address,uint256)", SENTINEL, THIRD_PARTY, 1)
    one.store(_OWNERS_SLOT, THIRD_PARTY, 1)


def _other_module_code(one: Elsewhere) -> None:
    one.put_code(one.identity.module, clone_code(one.pool.chain.contracts["dufour"]["moduleImplementation"]))


def _other_safe_code(one: Elsewhere) -> None:
    one.put_code(one.identity.safe, one.pool.client().code(one.identity.safe) + b"\x00")


LEFT_BEHIND: dict[str, tuple[Callable[[Elsewhere], None], str]] = {
    "a token operator": (_operator, "operators"),
    "an allowance": (_allowance, "allowances"),
    "a second node in the module": (_node, "nodes"),
    "an ERC-1820 manager": (_token_manager, "hooks"),
    "foreign code that the Safe ran": (_foreign_code, "transactions"),
    "a module that acted and is gone": (_module_that_acted, "modules"),
    "a module that is not in the list": (_hidden_module, "modules"),
    "an owner that is not in the list": (_hidden_owner, "owners"),
    "another network's module": (_other_module_code, "moduleCode"),
    "a proxy of another kind": (_other_safe_code, "code"),
}


@pytest.mark.parametrize("what", LEFT_BEHIND)
def test_each_trace_of_an_earlier_owner_is_found_and_blocks_payments(elsewhere: Elsewhere, what: str) -> None:
    decommission, key = LEFT_BEHIND[what]
    decommission(elsewhere)
    failing = {name for name, verdict in elsewhere.verdicts().items() if verdict is Verdict.FAILS}
    assert failing == {key}
    held = elsewhere.pool.held_by_wallet()
    with pytest.raises(PreflightFailed, match="was created elsewhere"):
        elsewhere.pool.apply()
    assert elsewhere.pool.held_by_wallet() == held


def test_a_revoked_permission_does_not_count(elsewhere: Elsewhere) -> None:
    _operator(elsewhere)
    _allowance(elsewhere)
    _node(elsewhere)
    elsewhere.as_safe(
        Call(elsewhere.token, encode_call("revokeOperator(address)", THIRD_PARTY)),
        Call(elsewhere.token, encode_call("approve(address,uint256)", THIRD_PARTY, 0)),
        Call(elsewhere.identity.module, encode_call("removeNode(address)", THIRD_PARTY)),
    )
    assert set(elsewhere.verdicts().values()) == {Verdict.OK}


def test_a_factory_safe_still_passes_after_it_is_adopted(elsewhere: Elsewhere) -> None:
    assert set(elsewhere.verdicts().values()) == {Verdict.OK}
    elsewhere.pool.apply()
    assert set(elsewhere.verdicts().values()) == {Verdict.OK}
    assert elsewhere.points()["transactions"].found == "3, all read"


def test_a_relayed_transaction_proves_nothing(elsewhere: Elsewhere) -> None:
    pool, safe = elsewhere.pool, elsewhere.identity.safe
    call = Call(elsewhere.token, encode_call("approve(address,uint256)", THIRD_PARTY, 0))
    execution = safe_execution(safe, 100, 2, [call], pool.signers().wallet)
    nested = Call(MULTICALL3, aggregate3([execution], allow_failure=False))
    pool.ledger.send(THIRD_PARTY, MULTICALL3, aggregate3([nested], allow_failure=False))
    assert elsewhere.points()["transactions"].verdict is Verdict.UNPROVEN
    assert elsewhere.points()["transactions"].found.startswith("1 of 3 cannot be read")


def test_a_decoy_does_not_replace_a_hidden_transaction(elsewhere: Elsewhere) -> None:
    """The hash in the Safe's event says which call it was, not their number."""
    pool, safe = elsewhere.pool, elsewhere.identity.safe
    harmless = Call(elsewhere.token, encode_call("approve(address,uint256)", THIRD_PARTY, 0))
    hidden = safe_execution(safe, 100, 2, [Call(_OTHER)], pool.signers().wallet)
    decoy = safe_execution(safe, 100, 2, [harmless], pool.signers().wallet)
    nested = Call(MULTICALL3, aggregate3([hidden], allow_failure=False))
    pool.ledger.send(THIRD_PARTY, MULTICALL3, aggregate3([nested, decoy], allow_failure=True))
    assert elsewhere.points()["transactions"].verdict is Verdict.UNPROVEN


def test_a_module_that_did_nothing_is_reported(elsewhere: Elsewhere) -> None:
    elsewhere.administer("enableModule(address)", THIRD_PARTY)
    elsewhere.administer("disableModule(address,address)", SENTINEL, THIRD_PARTY)
    point = elsewhere.points()["modules"]
    assert point.verdict is Verdict.UNPROVEN
    assert to_checksum_address(THIRD_PARTY) in point.found


def test_an_endpoint_without_log_search_is_reported_and_blocks_nothing(elsewhere: Elsewhere) -> None:
    _operator(elsewhere)
    client = Unsearching(elsewhere.pool.chain.rpc_url)
    found = elsewhere.points(client)
    unproven = {key for key, point in found.items() if point.verdict is Verdict.UNPROVEN}
    assert unproven == found.keys() - {"code", "moduleCode", "hooks"}
    assert "does not search logs" in found["operators"].found
    assert examine(client, elsewhere.pool.desired, elsewhere.pool.observe()) == []


def test_code_that_ran_during_the_setup_of_a_safe_is_found(elsewhere: Elsewhere) -> None:
    pool, owner = elsewhere.pool, elsewhere.pool.chain.wallet.address
    setup = encode_call(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        *([owner], 1, FALLBACK_HANDLER, _HARMLESS, FALLBACK_HANDLER, ZERO_ADDRESS, 0, ZERO_ADDRESS),
    )
    data = encode_call("createProxyWithNonce(address,bytes,uint256)", SAFE_SINGLETON, setup, 1)
    answer = pool.ledger.rpc.call("eth_call", {"to": SAFE_PROXY_FACTORY, "data": "0x" + data.hex()}, "latest")
    pool.ledger.send(THIRD_PARTY, SAFE_PROXY_FACTORY, data)
    identity = elsewhere.identity.at("0x" + answer[-40:], elsewhere.identity.module)
    safe = ObservedSafe((owner,), 1, 0, (), SAFE_SINGLETON, FALLBACK_HANDLER, ZERO_ADDRESS)
    history = collect_evidence(pool.client(), pool.desired, identity, safe, pool.observe().block).history
    assert history
    assert history.setup_code == FALLBACK_HANDLER
    assert history.factory is None


class Unsearching(ChainClient):
    def logs(self, contracts: Sequence[str], topics: Sequence[Sequence[bytes]], up_to: Block) -> list[Log]:
        raise RpcRejected("the endpoint refused eth_getLogs: too many blocks")
