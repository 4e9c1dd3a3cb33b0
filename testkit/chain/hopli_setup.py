"""Sets up identities as hopli does: with HOPR's factory, in five transactions of the wallet for each identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from devnet.chain_contracts.addresses import MULTICALL3
from devnet.chain_contracts.calls import encode_call
from testkit.chain.ledger import Ledger, Receipt
from testkit.chain.reference_setup import aggregate3, safe_transaction
from testkit.protocol import ANNOUNCEMENTS_PERMISSIONS, CHANNELS_PERMISSIONS, NODE_PERMISSIONS, UNLIMITED, target_word

CLONE = "clone(address,address[],uint256,bytes32)"


@dataclass(frozen=True)
class Made:
    """The addresses that the factory returns."""

    module: str
    safe: str


def clone(network: dict[str, str], admins: list[str], nonce: int) -> bytes:
    """The call data of the factory's `clone`."""
    default_target = target_word(network["channels"], CHANNELS_PERMISSIONS).to_bytes(32, "big")
    return encode_call(CLONE, network["moduleImplementation"], admins, nonce, default_target)


def foresee(ledger: Ledger, network: dict[str, str], sender: str, data: bytes) -> Made:
    """The addresses that a call would create; they depend on the caller."""
    call = {"from": sender, "to": network["nodeStakeFactory"], "data": "0x" + data.hex()}
    answer = ledger.rpc.call("eth_call", call, "latest")
    return Made(*(to_checksum_address("0x" + answer[2:][start + 24 : start + 64]) for start in (0, 64)))


def configure(wallet: LocalAccount, network: dict[str, str], made: Made, node: str) -> list[tuple[str, bytes]]:
    """The Safe transactions that complete an identity of the factory, one for each call: hopli batches nothing."""
    steps = [
        (
            made.module,
            encode_call("scopeTargetToken(uint256)", target_word(network["announcements"], ANNOUNCEMENTS_PERMISSIONS)),
        ),
        (network["token"], encode_call("approve(address,uint256)", network["channels"], UNLIMITED)),
        (made.module, encode_call("includeNode(uint256)", target_word(node, NODE_PERMISSIONS))),
    ]
    return [
        (made.safe, safe_transaction(wallet, made.safe, to, data, nonce=nonce))
        for nonce, (to, data) in enumerate(steps, start=2)
    ]


def set_up(
    ledger: Ledger, wallet: LocalAccount, network: dict[str, str], nodes: dict[int, str]
) -> tuple[list[Made], Receipt]:
    """Create and configure a Safe and a module for each node (keyed by the factory's nonce) in one transaction."""
    calls, made = list[tuple[str, bytes]](), list[Made]()
    for nonce, node in nodes.items():
        data = clone(network, [wallet.address], nonce)
        made.append(foresee(ledger, network, MULTICALL3, data))
        calls += [(network["nodeStakeFactory"], data), *configure(wallet, network, made[-1], node)]
    return made, ledger.send(wallet.address, MULTICALL3, aggregate3(calls))


@dataclass(frozen=True)
class Funds:
    """The payments to an identity, wei."""

    node_xdai_wei: int
    safe_wxhopr_wei: int


def complete(
    ledger: Ledger, wallet: LocalAccount, network: dict[str, str], node: str, nonce: int, funds: Funds
) -> Iterator[Receipt]:
    """Send the five transactions of one complete identity: set-up, xDai, wxHOPR, registration, eligibility."""
    (made,), receipt = set_up(ledger, wallet, network, {nonce: node})
    yield receipt
    yield ledger.send(wallet.address, node, b"", value=funds.node_xdai_wei)
    transfer = encode_call("transfer(address,uint256)", made.safe, funds.safe_wxhopr_wei)
    yield ledger.send(wallet.address, network["token"], transfer)
    register = encode_call("managerRegister(address[],address[])", [made.safe], [node])
    yield ledger.send(wallet.address, network["networkRegistry"], register)
    announce = encode_call("managerForceSync(address[],bool[])", [made.safe], [True])
    yield ledger.send(wallet.address, network["networkRegistry"], announce)
