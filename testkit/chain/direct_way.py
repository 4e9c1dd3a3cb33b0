"""Sets up identities as docs/protocol.md#setting-up-an-identity says.

Written for the tests of the development contracts alone, so that these are not judged by the program they judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_abi.packed import encode_packed
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from devnet.chain_contracts.addresses import MULTICALL3, SAFE
from devnet.chain_contracts.calls import encode_call
from testkit.chain.ledger import Ledger

CHAIN_ID = 100
NOBODY = "0x" + 40 * "0"
UNLIMITED = 2**256 - 1
CALL, DELEGATECALL = 0, 1

CHANNELS_PERMISSIONS = "010103030303030303030303"
ANNOUNCEMENTS_PERMISSIONS = "010003000000000000000000"
NODE_PERMISSIONS = "010303000000000000000000"

EXEC_TRANSACTION = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
SETUP = "setup(address[],uint256,address,bytes,address,address,uint256,address)"
SAFE_TRANSACTION_FIELDS = (
    ("to", "address"),
    ("value", "uint256"),
    ("data", "bytes"),
    ("operation", "uint8"),
    ("safeTxGas", "uint256"),
    ("baseGas", "uint256"),
    ("gasPrice", "uint256"),
    ("gasToken", "address"),
    ("refundReceiver", "address"),
    ("nonce", "uint256"),
)


@dataclass(frozen=True)
class PlannedIdentity:
    """A node, where its Safe and module will be, and the two calls that make them."""

    node: str
    safe: str
    module: str
    calls: tuple[tuple[str, bytes], ...]


def target_word(address: str, permissions: str) -> int:
    return int(address[2:] + permissions, 16)


def aggregate3(calls: Sequence[tuple[str, bytes]]) -> bytes:
    return encode_call("aggregate3((address,bool,bytes)[])", [(target, False, data) for target, data in calls])


def aggregate3_value(calls: Sequence[tuple[str, int, bytes]]) -> bytes:
    return encode_call(
        "aggregate3Value((address,bool,uint256,bytes)[])", [(to, False, value, data) for to, value, data in calls]
    )


def multi_send(steps: Sequence[tuple[int, str, bytes]]) -> bytes:
    """The call of MultiSend for steps of (operation, address, data)."""
    packed = b"".join(
        encode_packed(["uint8", "address", "uint256", "uint256", "bytes"], [operation, to, 0, len(data), data])
        for operation, to, data in steps
    )
    return encode_call("multiSend(bytes)", packed)


def safe_transaction(
    signer: LocalAccount, safe: str, to: str, data: bytes, *, nonce: int, operation: int = CALL
) -> bytes:
    """The call of execTransaction, signed (EIP-712), without refund and with safeTxGas 0."""
    values = (to, 0, data, operation, 0, 0, 0, NOBODY, NOBODY)
    names = [name for name, _ in SAFE_TRANSACTION_FIELDS]
    message = encode_typed_data(
        {"chainId": CHAIN_ID, "verifyingContract": safe},
        {"SafeTx": [{"name": name, "type": kind} for name, kind in SAFE_TRANSACTION_FIELDS]},
        dict(zip(names, (*values, nonce), strict=True)),
    )
    return encode_call(EXEC_TRANSACTION, *values, signer.sign_message(message).signature)


def safe_initializer(owner: str) -> bytes:
    return encode_call(SETUP, [owner], 1, NOBODY, b"", SAFE["CompatibilityFallbackHandler"], NOBODY, 0, NOBODY)


def create_safe(owner: str, salt_nonce: int) -> tuple[str, bytes]:
    """The call that makes a Safe of this one owner."""
    arguments = (SAFE["Safe"], safe_initializer(owner), salt_nonce)
    return SAFE["SafeProxyFactory"], encode_call("createProxyWithNonce(address,bytes,uint256)", *arguments)


def safe_address(ledger: Ledger, owner: str, salt_nonce: int) -> str:
    code = ledger.view(SAFE["SafeProxyFactory"], "proxyCreationCode()", returns="bytes")
    salt = keccak(keccak(safe_initializer(owner)) + salt_nonce.to_bytes(32, "big"))
    return create2_address(SAFE["SafeProxyFactory"], salt, code + encode(["address"], [SAFE["Safe"]]))


def create2_address(creator: str, salt: bytes, creation_code: bytes) -> str:
    return to_checksum_address(keccak(b"\xff" + bytes.fromhex(creator[2:]) + salt + keccak(creation_code))[12:])


def module_creation_code(implementation: str) -> bytes:
    return bytes.fromhex(
        "3d602d80600a3d3981f3363d3d373d3d3d363d73" + implementation[2:] + "5af43d82803e903d91602b57fd5bf3"
    )


def plan_identity(
    ledger: Ledger, wallet: LocalAccount, network: dict[str, str], node: str | None = None
) -> PlannedIdentity:
    """Plans everything of one identity, for a node of its own when none is given."""
    node = node or Account.create().address
    salt = keccak(text=f"test {node}")
    safe = safe_address(ledger, wallet.address, int.from_bytes(salt, "big"))
    creation_code = module_creation_code(network["moduleImplementation"])
    module = create2_address(safe, salt, creation_code)
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
    """Sends all the identities in one transaction; returns the gas it used."""
    calls = [call for identity in identities for call in identity.calls]
    return ledger.send(wallet.address, MULTICALL3, aggregate3(calls)).gas_used


def register_safe_by_node(identity: PlannedIdentity) -> bytes:
    """The call by which a node says at its first start which Safe it belongs to."""
    return encode_call("registerSafeByNode(address)", identity.safe)
