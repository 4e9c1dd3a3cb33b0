"""Calls and their encoding: Multicall3 batches, MultiSend, Safe transactions (EIP-712) and their signatures.

Pure: bytes in, bytes out; a `Signer` signs.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Protocol

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from identity.errors import WalletCannotSign
from identity.evm.addresses import safe_setup
from identity.evm.contracts import (
    MULTI_SEND,
    MULTI_SEND_CALL_ONLY,
    MULTI_SENDER,
    MULTICALL,
    PROXY_FACTORY,
    SAFE,
    SAFE_PROXY_FACTORY,
    SAFE_SINGLETON,
    ZERO_ADDRESS,
)

_DOMAIN_TYPE = keccak(text="EIP712Domain(uint256 chainId,address verifyingContract)")
_SAFE_TX_TYPE = keccak(
    text="SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,"
    "uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
)
_NAMED_DOMAIN_TYPE = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_NODE_SAFE_TYPE = keccak(text="NodeSafeNonce(address safeAddress,address nodeChainKeyAddress,uint256 nodeSigNonce)")
_CALL, _DELEGATE_CALL = 0, 1


@dataclass(frozen=True)
class Call:
    """One call of a contract, or a plain transfer if `data` is empty."""

    target: str
    data: bytes = b""
    value_wei: int = 0
    delegate: bool = False
    """Whether a Safe runs the target's code by DELEGATECALL; only inside a Safe transaction."""


@dataclass(frozen=True)
class Refund:
    """The gas refund of a Safe transaction, which is part of its hash; tools like hopli name a receiver without one."""

    safe_tx_gas: int = 0
    base_gas: int = 0
    gas_price: int = 0
    gas_token: str = ZERO_ADDRESS
    receiver: str = ZERO_ADDRESS


NO_REFUND = Refund()


@dataclass(frozen=True)
class Signature:
    """A recoverable secp256k1 signature with low s."""

    r: int
    s: int
    y_parity: int

    def as_safe_bytes(self) -> bytes:
        """Return the 65 bytes that a Safe expects as the signature of its transaction hash."""
        return self.r.to_bytes(32) + self.s.to_bytes(32) + bytes([27 + self.y_parity])


class Signer(Protocol):
    """Signs for an account, with a key in memory or in a key service."""

    @property
    def address(self) -> str:
        """The account's checksummed address."""

    def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes without hashing them again."""


@dataclass(frozen=True)
class Signers:
    """The signers of the wallet, of the previous wallet during a hand-over, and of a node by identity name."""

    wallet: Signer
    previous: Signer | None = None
    node: Callable[[str], Signer] | None = None

    def of_previous_wallet(self) -> Signer:
        """Return the signer of the previous wallet; raise WalletCannotSign without its key."""
        if self.previous is None:
            raise WalletCannotSign(
                "wallet.previous: the key of the previous wallet is needed to hand over the Safes; set it"
            )
        return self.previous

    def of_node(self, identity: str) -> Signer:
        """Return the signer of a node; raise WalletCannotSign without its keys."""
        if self.node is None:
            raise WalletCannotSign(f"{identity}: its node must sign, but its identity file is not available here")
        return self.node(identity)


def aggregate3(calls: Sequence[Call], *, allow_failure: bool) -> bytes:
    """Return Multicall3 call data for calls without value; with `allow_failure` each result has a success flag."""
    return MULTICALL.encode("aggregate3", [(call.target, allow_failure, call.data) for call in calls])


def aggregate3_value(calls: Sequence[Call]) -> bytes:
    """Return Multicall3 call data for calls with value that succeed or revert together."""
    return MULTICALL.encode("aggregate3Value", [(call.target, False, call.value_wei, call.data) for call in calls])


def multi_send(calls: Sequence[Call]) -> Call:
    """Combine calls into one delegate call: MultiSend if one of them delegates, else MultiSendCallOnly."""
    packed = b"".join(
        bytes([_DELEGATE_CALL if call.delegate else _CALL])
        + bytes.fromhex(call.target.removeprefix("0x"))
        + call.value_wei.to_bytes(32)
        + len(call.data).to_bytes(32)
        + call.data
        for call in calls
    )
    target = MULTI_SEND if any(call.delegate for call in calls) else MULTI_SEND_CALL_ONLY
    return Call(target, MULTI_SENDER.encode("multiSend", packed), delegate=True)


def unpack_multi_send(packed: bytes) -> list[Call]:
    """Return the calls in MultiSend's argument: the inverse of `multi_send`."""
    calls, offset = [], 0
    while offset < len(packed):
        target = to_checksum_address(packed[offset + 1 : offset + 21])
        value_wei = int.from_bytes(packed[offset + 21 : offset + 53])
        end = offset + 85 + int.from_bytes(packed[offset + 53 : offset + 85])
        calls.append(Call(target, packed[offset + 85 : end], value_wei, delegate=packed[offset] == _DELEGATE_CALL))
        offset = end
    return calls


def create_safe(deployer: str, salt_nonce: int) -> Call:
    """Return the call that creates the deployer's Safe with this saltNonce; it reverts if the Safe exists."""
    data = PROXY_FACTORY.encode("createProxyWithNonce", SAFE_SINGLETON, safe_setup(deployer), salt_nonce)
    return Call(SAFE_PROXY_FACTORY, data)


def safe_transaction_hash(safe: str, chain_id: int, nonce: int, call: Call, refund: Refund = NO_REFUND) -> bytes:
    """Return the EIP-712 hash of a Safe 1.4.1 transaction."""
    domain = keccak(encode(["bytes32", "uint256", "address"], [_DOMAIN_TYPE, chain_id, safe]))
    message = keccak(
        encode(
            ["bytes32", "address", "uint256", "bytes32", "uint8"] + ["uint256"] * 3 + ["address"] * 2 + ["uint256"],
            [
                _SAFE_TX_TYPE,
                call.target,
                call.value_wei,
                keccak(call.data),
                _DELEGATE_CALL if call.delegate else _CALL,
                *astuple(refund),
                nonce,
            ],
        )
    )
    return keccak(b"\x19\x01" + domain + message)


def node_binding_hash(registry: str, chain_id: int, safe: str, node: str, signatures: int) -> bytes:
    """Return the EIP-712 hash that a node signs to bind itself to a Safe (NodeSafeRegistry 1.0.0); valid once."""
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [_NAMED_DOMAIN_TYPE, keccak(text="NodeSafeRegistry"), keccak(text="1.0.0"), chain_id, registry],
        )
    )
    content = keccak(encode(["bytes32", "address", "address", "uint256"], [_NODE_SAFE_TYPE, safe, node, signatures]))
    return keccak(b"\x19\x01" + domain + content)


def safe_execution(safe: str, chain_id: int, nonce: int, calls: Sequence[Call], signer: Signer) -> Call:
    """Return a signed Safe transaction that executes all calls or none; anyone may relay it, once per `nonce`."""
    inner = multi_send(calls)
    signature = signer.sign_digest(safe_transaction_hash(safe, chain_id, nonce, inner))
    data = SAFE.encode(
        "execTransaction",
        inner.target,
        inner.value_wei,
        inner.data,
        _DELEGATE_CALL,
        0,
        0,
        0,
        ZERO_ADDRESS,
        ZERO_ADDRESS,
        signature.as_safe_bytes(),
    )
    return Call(safe, data)
