"""What an endpoint reports, as typed records. The parsers raise for whatever JSON-RPC does not define."""

from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from identity.chain.values import bytes_of, number_of

_LAST_SECOND = 2**40
_HASH_CHARACTERS = 66


@dataclass(frozen=True)
class Block:
    """One block. Reads pinned to its hash see one state of the chain, whichever server answers."""

    number: int
    hash: str
    base_fee_wei: int
    timestamp: int = 0
    """Seconds since 1970."""
    gas_limit: int = 0
    """Gas limit of the block; 0 if the endpoint does not report it."""


@dataclass(frozen=True)
class Receipt:
    """The receipt of a mined transaction."""

    transaction_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    gas_price_wei: int


@dataclass(frozen=True)
class Log:
    """One event of a contract; the first topic identifies the event."""

    contract: str
    topics: tuple[bytes, ...]
    data: bytes
    transaction_hash: str


def block_in(found: dict[str, Any]) -> Block:
    base_fee_wei, gas_limit = number_of(found.get("baseFeePerGas", "0x0")), number_of(found.get("gasLimit", "0x0"))
    timestamp = _number(found, "timestamp")
    if timestamp >= _LAST_SECOND:
        raise ValueError(timestamp)
    return Block(_number(found, "number"), _hash(found, "hash"), base_fee_wei, timestamp, gas_limit)


def nonce_in(found: str) -> int:
    count = number_of(found)
    if count >= 2**64:  # EIP-2681
        raise ValueError(found)
    return count


def receipt_in(found: dict[str, Any] | None, transaction_hash: str) -> Receipt | None:
    if found is None or found.get("blockHash") is None:
        return None
    return Receipt(
        transaction_hash=transaction_hash,
        block_number=_number(found, "blockNumber"),
        block_hash=_hash(found, "blockHash"),
        succeeded=_number(found, "status") == 1,
        gas_used=_number(found, "gasUsed"),
        gas_price_wei=number_of(found.get("effectiveGasPrice", "0x0")),
    )


def logs_in(found: list[dict[str, Any]]) -> list[Log]:
    return [log_in(one) for one in sorted(found, key=_position)]


def log_in(found: dict[str, Any]) -> Log:
    topics = tuple(bytes_of(topic) for topic in found["topics"])
    return Log(to_checksum_address(found["address"]), topics, bytes_of(found["data"]), _hash(found, "transactionHash"))


def _position(log: dict[str, Any]) -> tuple[int, int]:
    return _number(log, "blockNumber"), _number(log, "logIndex")


def _number(record: dict[str, Any], key: str) -> int:
    return number_of(record[key])


def _hash(record: dict[str, Any], key: str) -> str:
    text: str = record[key]
    if len(text) != _HASH_CHARACTERS or len(bytes_of(text)) != 32:
        raise ValueError(text)
    return text
