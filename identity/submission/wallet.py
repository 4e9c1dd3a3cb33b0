"""Fees and signed transactions of the wallet; the hash of a transaction is known before it is sent."""

from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from config.models.chain import ChainSettings
from identity.errors import FeeAboveCap
from identity.evm.calls import Call, Signer

GWEI = 10**9


@dataclass(frozen=True)
class Fees:
    """EIP-1559 fees, in wei per gas."""

    max_fee_wei: int
    priority_fee_wei: int


def fees_at(base_fee_wei: int, chain_settings: ChainSettings) -> Fees:
    """Return fees that let the base fee double, up to `chain.maxFeeGwei`; raise FeeAboveCap if it is above that."""
    cap_wei, priority_wei = chain_settings.max_fee_gwei * GWEI, chain_settings.priority_fee_gwei * GWEI
    if base_fee_wei > cap_wei:
        raise FeeAboveCap(
            f"chain.maxFeeGwei: the network's base fee is {base_fee_wei / GWEI:.2f} gwei, above the maximum of "
            f"{chain_settings.max_fee_gwei}: wait, or raise it"
        )
    max_fee_wei = min(cap_wei, 2 * base_fee_wei + priority_wei)
    return Fees(max_fee_wei, min(priority_wei, max_fee_wei))


def outbid(fees: Fees, chain_settings: ChainSettings) -> Fees | None:
    """Return fees that replace a pending transaction (an eighth more, rounded up), or None above `chain.maxFeeGwei`."""
    more = Fees(-(-fees.max_fee_wei * 9 // 8), -(-fees.priority_fee_wei * 9 // 8))
    return more if more.max_fee_wei <= chain_settings.max_fee_gwei * GWEI else None


@dataclass(frozen=True)
class SignedTransaction:
    """A transaction that is ready to be sent; resending it sends the same bytes."""

    hash: str
    nonce: int
    raw: bytes
    call: Call
    fees: Fees


def sign(signer: Signer, chain_id: int, call: Call, *, nonce: int, gas_limit: int, fees: Fees) -> SignedTransaction:
    """Sign an EIP-1559 transaction of the wallet."""
    from identity.submission.typed_transaction import TypedTransaction  # noqa: PLC0415 - most runs sign nothing

    fields: dict[str, Any] = {
        "type": 2,
        "chainId": chain_id,
        "nonce": nonce,
        "maxFeePerGas": fees.max_fee_wei,
        "maxPriorityFeePerGas": fees.priority_fee_wei,
        "gas": gas_limit,
        "to": call.target,
        "value": call.value_wei,
        "data": "0x" + call.data.hex(),
        "accessList": [],
    }
    signature = signer.sign_digest(bytes(TypedTransaction.from_dict(fields).hash()))
    signed = fields | {"v": signature.y_parity, "r": signature.r, "s": signature.s}
    raw = bytes(TypedTransaction.from_dict(signed).encode())
    return SignedTransaction("0x" + keccak(raw).hex(), nonce, raw, call, fees)
