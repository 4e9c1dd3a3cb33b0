"""Each manipulation of a trusted Safe by a third party fails its own point, before the Safe is paid."""

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
_RECIPIENT = "0x" + "6b" * 20
_HARMLESS = encode_call("supportsInterface(bytes4)", bytes(4))


@dataclass(frozen=True)
class TrustedIdentity:
    """An identity with a trusted Safe, and actions of the third party that prepared the Safe."""

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
        storage_key = "0x" + keccak(encode(["address", "uint256"], [key, slot])).hex()
        self.pool.ledger.rpc.call("anvil_setStorageAt", self.identity.safe, storage_key, f"0x{value:064x}")

    def put_code(self, address: str, code: bytes) -> None:
        self.pool.ledger.rpc.call("anvil_setCode", address, "0x" + code.hex())

    def points(self, client: ChainClient | None = None) -> dict[str, Point]:
        observed = self.pool.observe()
        found = points(client or self.pool.client(), self.pool.desired, self.identity, observed)
        return {point.key.removeprefix("provenance."): point for point in found}

    def verdicts(self, client: ChainClient | None = None) -> dict[str, Verdict]:
        return {key: point.verdict for key, point in self.points(client).items()}


@pytest.fixture
def trusted(chain: DevelopmentChain, ledger: Ledger) -> TrustedIdentity:
    return TrustedIdentity(create_with_factory(PoolOnChain.of(chain, ledger, 1)))


def _authorize_token_operator(trusted: TrustedIdentity) -> None:
    trusted.as_safe(Call(trusted.token, encode_call("authorizeOperator(address)", THIRD_PARTY)))


def _grant_allowance(trusted: TrustedIdentity) -> None:
    trusted.as_safe(Call(trusted.token, encode_call("approve(address,uint256)", THIRD_PARTY, 5 * 10**17)))


def _add_node(trusted: TrustedIdentity) -> None:
    trusted.as_safe(Call(trusted.identity.module, encode_call("addNode(address)", THIRD_PARTY)))


def _set_erc1820_manager(trusted: TrustedIdentity) -> None:
    trusted.as_safe(
        Call(ERC1820_REGISTRY, encode_call("setManager(address,address)", trusted.identity.safe, THIRD_PARTY))
    )


def _run_foreign_code(trusted: TrustedIdentity) -> None:
    trusted.as_safe(Call(FALLBACK_HANDLER, _HARMLESS, delegate=True))


def _use_and_disable_module(trusted: TrustedIdentity) -> None:
    trusted.administer("enableModule(address)", THIRD_PARTY)
    data = encode_call("execTransactionFromModule(address,uint256,bytes,uint8)", _RECIPIENT, 0, b"", 0)
    trusted.pool.ledger.send(THIRD_PARTY, trusted.identity.safe, data)
    trusted.administer("disableModule(address,address)", SENTINEL, THIRD_PARTY)


def _hide_module(trusted: TrustedIdentity) -> None:
    trusted.administer("enableModule(address)", THIRD_PARTY)
    trusted.administer("disableModule(address,address)", SENTINEL, THIRD_PARTY)
    trusted.store(_MODULES_SLOT, THIRD_PARTY, 1)


def _hide_owner(trusted: TrustedIdentity) -> None:
    trusted.administer("addOwnerWithThreshold(address,uint256)", THIRD_PARTY, 1)
    trusted.administer("removeOwner(address,address,uint256)", SENTINEL, THIRD_PARTY, 1)
    trusted.store(_OWNERS_SLOT, THIRD_PARTY, 1)


def _replace_module_code(trusted: TrustedIdentity) -> None:
    trusted.put_code(
        trusted.identity.module, clone_code(trusted.pool.chain.contracts["dufour"]["moduleImplementation"])
    )


def _replace_safe_code(trusted: TrustedIdentity) -> None:
    trusted.put_code(trusted.identity.safe, trusted.pool.client().code(trusted.identity.safe) + b"\x00")


MANIPULATIONS: dict[str, tuple[Callable[[TrustedIdentity], None], str]] = {
    "a token operator": (_authorize_token_operator, "operators"),
    "an allowance": (_grant_allowance, "allowances"),
    "a second node in the module": (_add_node, "nodes"),
    "an ERC-1820 manager": (_set_erc1820_manager, "hooks"),
    "foreign code that the Safe ran": (_run_foreign_code, "transactions"),
    "a disabled module that acted": (_use_and_disable_module, "modules"),
    "a module that is not in the list": (_hide_module, "modules"),
    "an owner that is not in the list": (_hide_owner, "owners"),
    "another network's module": (_replace_module_code, "moduleCode"),
    "another proxy's code": (_replace_safe_code, "code"),
}


@pytest.mark.parametrize("manipulation", MANIPULATIONS)
def test_a_manipulated_safe_fails_exactly_one_point_and_is_not_paid(
    trusted: TrustedIdentity, manipulation: str
) -> None:
    manipulate, key = MANIPULATIONS[manipulation]
    manipulate(trusted)
    failing = {name for name, verdict in trusted.verdicts().items() if verdict is Verdict.FAILS}
    assert failing == {key}
    held = trusted.pool.held_by_wallet()
    with pytest.raises(PreflightFailed, match="was created elsewhere"):
        trusted.pool.apply()
    assert trusted.pool.held_by_wallet() == held


def test_a_revoked_permission_fails_no_point(trusted: TrustedIdentity) -> None:
    _authorize_token_operator(trusted)
    _grant_allowance(trusted)
    _add_node(trusted)
    trusted.as_safe(
        Call(trusted.token, encode_call("revokeOperator(address)", THIRD_PARTY)),
        Call(trusted.token, encode_call("approve(address,uint256)", THIRD_PARTY, 0)),
        Call(trusted.identity.module, encode_call("removeNode(address)", THIRD_PARTY)),
    )
    assert set(trusted.verdicts().values()) == {Verdict.OK}


def test_every_point_of_a_factory_safe_holds_before_and_after_a_run(trusted: TrustedIdentity) -> None:
    assert set(trusted.verdicts().values()) == {Verdict.OK}
    trusted.pool.apply()
    assert set(trusted.verdicts().values()) == {Verdict.OK}
    assert trusted.points()["transactions"].found == "3, all read"


def test_a_transaction_nested_in_a_call_of_another_contract_is_unproven(trusted: TrustedIdentity) -> None:
    pool, safe = trusted.pool, trusted.identity.safe
    call = Call(trusted.token, encode_call("approve(address,uint256)", THIRD_PARTY, 0))
    execution = safe_execution(safe, 100, 2, [call], pool.signers().wallet)
    nested = Call(MULTICALL3, aggregate3([execution], allow_failure=False))
    pool.ledger.send(THIRD_PARTY, MULTICALL3, aggregate3([nested], allow_failure=False))
    assert trusted.points()["transactions"].verdict is Verdict.UNPROVEN
    assert trusted.points()["transactions"].found.startswith("1 of 3 cannot be read")


def test_a_decoy_does_not_prove_a_hidden_transaction(trusted: TrustedIdentity) -> None:
    """The hash in the Safe's event identifies the executed transaction. Counting executions proves nothing."""
    pool, safe = trusted.pool, trusted.identity.safe
    harmless = Call(trusted.token, encode_call("approve(address,uint256)", THIRD_PARTY, 0))
    hidden = safe_execution(safe, 100, 2, [Call(_RECIPIENT)], pool.signers().wallet)
    decoy = safe_execution(safe, 100, 2, [harmless], pool.signers().wallet)
    nested = Call(MULTICALL3, aggregate3([hidden], allow_failure=False))
    pool.ledger.send(THIRD_PARTY, MULTICALL3, aggregate3([nested, decoy], allow_failure=True))
    assert trusted.points()["transactions"].verdict is Verdict.UNPROVEN


def test_a_disabled_module_that_never_acted_is_unproven_and_reported(trusted: TrustedIdentity) -> None:
    trusted.administer("enableModule(address)", THIRD_PARTY)
    trusted.administer("disableModule(address,address)", SENTINEL, THIRD_PARTY)
    point = trusted.points()["modules"]
    assert point.verdict is Verdict.UNPROVEN
    assert to_checksum_address(THIRD_PARTY) in point.found


def test_without_log_search_the_history_is_unproven_and_blocks_nothing(trusted: TrustedIdentity) -> None:
    _authorize_token_operator(trusted)
    client = ClientWithoutLogSearch(trusted.pool.chain.rpc_url)
    found = trusted.points(client)
    unproven = {key for key, point in found.items() if point.verdict is Verdict.UNPROVEN}
    assert unproven == found.keys() - {"code", "moduleCode", "hooks"}
    assert "does not search logs" in found["operators"].found
    assert examine(client, trusted.pool.desired, trusted.pool.observe()) == []


def test_code_that_runs_during_the_setup_of_a_safe_is_found(trusted: TrustedIdentity) -> None:
    pool, owner = trusted.pool, trusted.pool.chain.wallet.address
    setup = encode_call(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        *([owner], 1, FALLBACK_HANDLER, _HARMLESS, FALLBACK_HANDLER, ZERO_ADDRESS, 0, ZERO_ADDRESS),
    )
    data = encode_call("createProxyWithNonce(address,bytes,uint256)", SAFE_SINGLETON, setup, 1)
    predicted = pool.ledger.rpc.call("eth_call", {"to": SAFE_PROXY_FACTORY, "data": "0x" + data.hex()}, "latest")
    pool.ledger.send(THIRD_PARTY, SAFE_PROXY_FACTORY, data)
    identity = trusted.identity.at("0x" + predicted[-40:], trusted.identity.module)
    safe = ObservedSafe((owner,), 1, 0, (), SAFE_SINGLETON, FALLBACK_HANDLER, ZERO_ADDRESS)
    history = collect_evidence(pool.client(), pool.desired, identity, safe, pool.observe().block).history
    assert history
    assert history.setup_code == FALLBACK_HANDLER
    assert history.factory is None


class ClientWithoutLogSearch(ChainClient):
    def logs(self, contracts: Sequence[str], topics: Sequence[Sequence[bytes]], up_to: Block) -> list[Log]:
        raise RpcRejected("the endpoint refused eth_getLogs: too many blocks")
