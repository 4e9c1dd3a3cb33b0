"""Sets up identities as docs/protocol.md#setting-up-an-identity says.

Written for the tests of the development contracts alone, so that these are not judged by the program they judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.crypto import keccak

from devnet.chain_contracts.addresses import MULTICALL3, SAFE
from devnet.chain_contracts.calls import encode_call
from testkit.chain.ledger import Ledger
from testkit.protocol import (
    ANNOUNCEMENTS_PERMISSIONS,
    CALL,
    CHANNELS_PERMISSIONS,
    DELEGATECALL,
    NODE_PERMISSIONS,
    UNLIMITED,
    ZERO_ADDRESS,
    clone_creation_code,
    create2_address,
    pack_multi_send,
    safe_proxy_address,
    safe_transaction_hash,
    target_word,
)

CHAIN_ID = 100
EXEC_TRANSACTION = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
SETUP = "setup(address[],uint256,address,bytes,address,address,uint256,address)"


@dataclass(frozen=True)
class PlannedIdentity:
    """A node, the addresses of its Safe and module, and the two calls that create them."""

    node: str
    safe: str
    module: str
    calls: tuple[tuple[str, bytes], ...]


def aggregate3(calls: Sequence[tuple[str, bytes]]) -> bytes:
    return encode_call("aggregate3((address,bool,bytes)[])", [(target, False, data) for target, data in calls])


def aggregate3_value(calls: Sequence[tuple[str, int, bytes]]) -> bytes:
    return encode_call(
        "aggregate3Value((address,bool,uint256,bytes)[])", [(to, False, value, data) for to, value, data in calls]
    )


def multi_send(steps: Sequence[tuple[int, str, bytes]]) -> bytes:
    """The call of MultiSend for steps of (operation, address, data)."""
    return encode_call("multiSend(bytes)", pack_multi_send([(operation, to, 0, data) for operation, to, data in steps]))


def safe_transaction(
    signer: LocalAccount, safe: str, to: str, data: bytes, *, nonce: int, operation: int = CALL
) -> bytes:
    """The call of execTransaction, signed (EIP-712), without refund and with safeTxGas 0."""
    digest = Hash32(safe_transaction_hash(safe, CHAIN_ID, nonce, to, 0, data, operation))
    signature = signer.unsafe_sign_hash(digest).signature
    return encode_call(EXEC_TRANSACTION, to, 0, data, operation, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS, signature)


def safe_initializer(owner: str) -> bytes:
    return encode_call(
        SETUP, [owner], 1, ZERO_ADDRESS, b"", SAFE["CompatibilityFallbackHandler"], ZERO_ADDRESS, 0, ZERO_ADDRESS
    )


def create_safe(owner: str, salt_nonce: int) -> tuple[str, bytes]:
    """The call that creates a Safe with this one owner."""
    arguments = (SAFE["Safe"], safe_initializer(owner), salt_nonce)
    return SAFE["SafeProxyFactory"], encode_call("createProxyWithNonce(address,bytes,uint256)", *arguments)


def safe_address(owner: str, salt_nonce: int) -> str:
    return safe_proxy_address(SAFE["SafeProxyFactory"], safe_initializer(owner), salt_nonce)


def plan_identity(
    ledger: Ledger, wallet: LocalAccount, network: dict[str, str], node: str | None = None
) -> PlannedIdentity:
    """Plan one identity, for a new node if none is given."""
    node = node or Account.create().address
    salt = keccak(text=f"test {node}")
    safe = safe_address(wallet.address, int.from_bytes(salt, "big"))
    creation_code = clone_creation_code(network["moduleImplementation"])
    module = create2_address(safe, salt, keccak(creation_code))
    initial = encode(
        ["address", "address", "uint256"],
        [safe, SAFE["MultiSendCallOnly"], target_word(network["channels"], CHANNELS_PERMISSIONS)],
    )
    steps = [
        (
            DELEGATECALL,
            SAFE["CreateCall"],
            encode_call("performCreate2(uint256,bytes,bytes32)", 0, creation_code, salt),
        ),
        (CALL, module, encode_call("initialize(bytes)", initial)),
        (CALL, safe, encode_call("enableModule(address)", module)),
        (
            CALL,
            module,
            encode_call("scopeTargetToken(uint256)", target_word(network["announcements"], ANNOUNCEMENTS_PERMISSIONS)),
        ),
        (CALL, network["token"], encode_call("approve(address,uint256)", network["channels"], UNLIMITED)),
        (CALL, module, encode_call("includeNode(uint256)", target_word(node, NODE_PERMISSIONS))),
    ]
    configure = safe_transaction(wallet, safe, SAFE["MultiSend"], multi_send(steps), nonce=0, operation=DELEGATECALL)
    create = create_safe(wallet.address, int.from_bytes(salt, "big"))
    return PlannedIdentity(node, safe, module, (create, (safe, configure)))


def set_up(ledger: Ledger, wallet: LocalAccount, identities: Sequence[PlannedIdentity]) -> int:
    """Set up all the identities in one transaction; return the gas it used."""
    calls = [call for identity in identities for call in identity.calls]
    return ledger.send(wallet.address, MULTICALL3, aggregate3(calls)).gas_used


def register_safe_by_node(identity: PlannedIdentity) -> bytes:
    """The call with which a node binds itself to its Safe at its first start."""
    return encode_call("registerSafeByNode(address)", identity.safe)
