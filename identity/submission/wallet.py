"""What the wallet sends: fees, and transactions whose hash is known before they are sent."""

from dataclasses import dataclass
from typing import Any

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak

from config.models.chain import ChainSettings
from identity.errors import FeeAboveCap
from identity.evm.calls import Call, Signer

GWEI = 10**9


@dataclass(frozen=True)
class Fees:
    """EIP-1559 fees, wei for one gas."""

    max_fee_wei: int
    priority_fee_wei: int


def fees_at(base_fee_wei: int, chain_settings: ChainSettings) -> Fees:
    """Room for the base fee to double, within `chain.maxFeeGwei`; raises FeeAboveCap where that cannot be mined."""
    cap_wei, priority_wei = chain_settings.max_fee_gwei * GWEI, chain_settings.priority_fee_gwei * GWEI
    if base_fee_wei > cap_wei:
        raise FeeAboveCap(
            f"chain.maxFeeGwei: the network asks {base_fee_wei / GWEI:.2f} gwei, at most {chain_settings.max_fee_gwei} are "
            "allowed: wait, or raise it"
        )
    max_fee_wei = min(cap_wei, 2 * base_fee_wei + priority_wei)
    return Fees(max_fee_wei, min(priority_wei, max_fee_wei))


def outbid(fees: Fees, chain_settings: ChainSettings) -> Fees | None:
    """Fees that nodes accept in the place of these (an eighth more); None where `chain.maxFeeGwei` is below that."""
    more = Fees(-(-fees.max_fee_wei * 9 // 8), -(-fees.priority_fee_wei * 9 // 8))
    return more if more.max_fee_wei <= chain_settings.max_fee_gwei * GWEI else None


@dataclass(frozen=True)
class SignedTransaction:
    """A transaction ready to be sent, as often as it takes: always the same bytes."""

    hash: str
    nonce: int
    raw: bytes
    call: Call
    fees: Fees


def sign(signer: Signer, chain_id: int, call: Call, *, nonce: int, gas_limit: int, fees: Fees) -> SignedTransaction:
    """Signs an EIP-1559 transaction of the wallet."""
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
