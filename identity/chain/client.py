"""The RPC client: typed requests and results. `rpc` does the transport and maps errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from eth_utils.address import to_checksum_address

from config.models.chain import ChainSettings
from config.models.networks import Network
from identity.chain.rpc import RpcEndpoint, bytes_of, number_of
from identity.errors import WrongChain


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


_MOST_VIEWS = 5_000
_READ_GAS = 50_000_000
"""Geth's default maximum for a call; requested because some clients default to the block gas limit."""


class ChainClient(RpcEndpoint):
    """The requests of this program. Every method raises RpcUnavailable, RpcRejected or CallReverted."""

    most_views = _MOST_VIEWS
    """Maximum number of view calls per request; `views` lowers it when the endpoint refuses a request."""

    @classmethod
    def of(cls, chain_settings: ChainSettings) -> Self:
        """Return a client of the configured endpoint."""
        return cls(chain_settings.rpc_url.get_secret_value())

    def require_network(self, network: Network) -> None:
        """Raise WrongChain unless the endpoint serves the network's chain."""
        self.require_chain_id(network, self._read(number_of, "eth_chainId", exists=True))

    def require_chain_id(self, network: Network, chain_id: int) -> None:
        """Raise WrongChain unless this is the chain id of the network."""
        if chain_id != network.chain_id:
            raise WrongChain(
                f"chain.rpcUrl: {self.label} serves chain {chain_id}, but network {network.name} is on chain "
                f"{network.chain_id}: use an endpoint of that chain"
            )

    def latest_block(self) -> Block:
        """Return the newest block."""
        return self._block("latest")

    def block(self, number: int) -> Block:
        """Return the block with this number."""
        return self._block(hex(number))

    def code(self, address: str) -> bytes:
        """Return the code at an address; empty for an account without code."""
        return self._read(bytes_of, "eth_getCode", address, "latest", exists=True)

    def call(
        self, target: str, data: bytes, *, at: Block | None = None, sender: str | None = None, value_wei: int = 0
    ) -> bytes:
        """Return the result of a call at a block (by hash) or at the newest one; raise CallReverted."""
        request = {"to": target, "data": "0x" + data.hex()}
        request |= {"from": sender, "value": hex(value_wei)} if sender else {"gas": hex(_READ_GAS)}
        return self._read(bytes_of, "eth_call", request, _block_reference(at), exists=True)

    def estimate_gas(self, sender: str, target: str, data: bytes, value_wei: int) -> int:
        """Return the gas that a call would use on top of the newest block; raise CallReverted if it would fail."""
        request = {"from": sender, "to": target, "data": "0x" + data.hex(), "value": hex(value_wei)}
        return self._read(number_of, "eth_estimateGas", request, "latest", exists=True)

    def transaction_count(self, address: str, at: Block) -> int:
        """Return how many transactions of an account are mined up to a block, which is its next nonce there."""
        return self._read(number_of, "eth_getTransactionCount", address, _block_reference(at), exists=True)

    def latest_transaction_count(self, address: str) -> int:
        """Return how many transactions of an account are mined."""
        return self._read(number_of, "eth_getTransactionCount", address, "latest", exists=True)

    def pending_transaction_count(self, address: str) -> int:
        """Return how many transactions of an account are mined or pending."""
        return self._read(number_of, "eth_getTransactionCount", address, "pending", exists=True)

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """Return the receipt of a transaction; None while it is not mined."""
        return self._read(
            lambda found: _receipt(found, transaction_hash), "eth_getTransactionReceipt", transaction_hash
        )

    def is_pending(self, transaction_hash: str) -> bool:
        """Return whether the endpoint has this transaction and it is not mined."""
        return self._read(
            lambda found: found is not None and found.get("blockNumber") is None,
            "eth_getTransactionByHash",
            transaction_hash,
        )

    def logs(self, contracts: Sequence[str], topics: Sequence[Sequence[bytes]], up_to: Block) -> list[Log]:
        """Return events of these contracts up to a block, oldest first; an empty list of choices matches any topic."""
        filters = [["0x" + one.hex() for one in choices] or None for choices in topics]
        query = {"address": list(contracts), "topics": filters, "fromBlock": "0x0", "toBlock": hex(up_to.number)}
        return self._read(
            lambda found: [_log(one) for one in sorted(found, key=_position)], "eth_getLogs", query, exists=True
        )

    def logs_of(self, transaction_hash: str) -> list[Log]:
        """Return the events of a mined transaction; empty if the endpoint does not have it."""
        return self._read(
            lambda found: [_log(one) for one in found["logs"]] if found else [],
            "eth_getTransactionReceipt",
            transaction_hash,
        )

    def target_and_data(self, transaction_hash: str) -> tuple[str, bytes] | None:
        """Return target and data of a transaction; None if it deployed a contract or the endpoint does not have it."""
        return self._read(
            lambda found: (
                (to_checksum_address(found["to"]), bytes_of(found["input"])) if found and found["to"] else None
            ),
            "eth_getTransactionByHash",
            transaction_hash,
        )

    def send(self, raw_transaction: bytes) -> None:
        """Send a signed transaction once. After RpcUnavailable its outcome is unknown."""
        self._request("eth_sendRawTransaction", "0x" + raw_transaction.hex())

    def _block(self, tag: str) -> Block:
        return self._read(_block, "eth_getBlockByNumber", tag, False, exists=True)


def _block(found: dict[str, Any]) -> Block:
    base_fee_wei, gas_limit = number_of(found.get("baseFeePerGas", "0x0")), number_of(found.get("gasLimit", "0x0"))
    return Block(_number(found, "number"), _hash(found, "hash"), base_fee_wei, _number(found, "timestamp"), gas_limit)


def _receipt(found: dict[str, Any] | None, transaction_hash: str) -> Receipt | None:
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


def _target_and_data(found: dict[str, Any] | None) -> tuple[str, bytes] | None:
    return (to_checksum_address(found["to"]), bytes_of(found["input"])) if found and found["to"] else None


def _block_reference(at: Block | None) -> object:
    return {"blockHash": at.hash} if at else "latest"


def _log(found: dict[str, Any]) -> Log:
    topics = tuple(bytes_of(topic) for topic in found["topics"])
    return Log(to_checksum_address(found["address"]), topics, bytes_of(found["data"]), _hash(found, "transactionHash"))


def _position(log: dict[str, Any]) -> tuple[int, int]:
    return _number(log, "blockNumber"), _number(log, "logIndex")


def _number(record: dict[str, Any], key: str) -> int:
    return number_of(record[key])


def _hash(record: dict[str, Any], key: str) -> str:
    text: str = record[key]
    bytes_of(text)
    return text
