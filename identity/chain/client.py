"""The RPC client: typed requests and results. `rpc` does the transport and maps errors."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from eth_utils.address import to_checksum_address

from config.models.chain import ChainSettings
from config.models.networks import Network
from identity.chain.records import Block, Log, Receipt, block_in, log_in, logs_in, nonce_in, receipt_in
from identity.chain.rpc import RpcEndpoint
from identity.chain.values import bytes_of, number_of
from identity.errors import BlockReplaced, Refusal, RequestTooLarge, RpcRejected, RpcUnavailable, WrongChain

__all__ = ["Block", "ChainClient", "Log", "Receipt"]

Value = TypeVar("Value")

MOST_VIEWS = 5_000
_READ_GAS = 50_000_000
"""Geth's default maximum for a call; requested because some clients default to the block gas limit."""
_OPTIONAL_S = 10.0
"""Patience with requests that the program can do without, unless the endpoint throttles or lags."""
_REMEMBERED_S = 300.0
"""How long a limit of the endpoint counts; a balancer may send the next request to another server."""
_UNUSABLE = (Refusal.KEY, Refusal.THROTTLED, Refusal.LAG)
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError)


class ChainClient(RpcEndpoint):
    """The requests of this program. Every method raises RpcUnavailable, RpcRejected or CallReverted."""

    _most_views = MOST_VIEWS
    _most_views_until = _no_logs_until = 0.0

    @classmethod
    def of(cls, chain_settings: ChainSettings, report: Callable[[str], None] | None = None) -> Self:
        """Return a client of the configured endpoint; `report` receives a sentence when it waits."""
        client = cls(chain_settings.rpc_url.get_secret_value(), patience_s=chain_settings.patience_s)
        client.report = report or client.report
        return client

    @property
    def most_views(self) -> int:
        """Maximum number of view calls per request."""
        return self._most_views if time.monotonic() < self._most_views_until else MOST_VIEWS

    def limit_views(self, count: int) -> None:
        """Remember for a while that the endpoint refuses requests with more view calls."""
        self._most_views, self._most_views_until = count, time.monotonic() + _REMEMBERED_S

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
        """Return the result of a call at a block (by hash) or at the newest one; raise CallReverted.

        With a sender, the gas is the endpoint's maximum.
        """
        request = {"to": target, "data": "0x" + data.hex()}
        request |= {"from": sender, "value": hex(value_wei)} if sender else {"gas": hex(_READ_GAS)}
        return self._read_at(bytes_of, "eth_call", request, at=at)

    def call_many(self, target: str, data: bytes, parse: Callable[[bytes], Value], *, at: Block) -> Value:
        """Return the parsed result of a call that may be split; raise RequestTooLarge.

        A result that `parse` raises ValueError for is asked for again.
        """
        request = {"to": target, "data": "0x" + data.hex(), "gas": hex(_READ_GAS)}
        return self._read_at(lambda found: parse(bytes_of(found)), "eth_call", request, at=at, may_split=True)

    def simulate(self, sender: str, target: str, data: bytes, value_wei: int, gas_limit: int) -> None:
        """Raise CallReverted or RequestTooLarge if a call with this gas would fail on top of the newest block."""
        request = {"from": sender, "to": target, "data": "0x" + data.hex(), "value": hex(value_wei)}
        self._read(bytes_of, "eth_call", request | {"gas": hex(gas_limit)}, "latest", exists=True)

    def estimate_gas(self, sender: str, target: str, data: bytes, value_wei: int) -> int | None:
        """Return the gas that a call would use on top of the newest block; None if the endpoint cannot estimate it.

        Raise CallReverted if the call would fail.
        """
        request = {"from": sender, "to": target, "data": "0x" + data.hex(), "value": hex(value_wei)}
        try:
            return self._read(number_of, "eth_estimateGas", request, "latest", exists=True, patience_s=_OPTIONAL_S)
        except RequestTooLarge:
            return None
        except RpcUnavailable as error:
            if error.refusal in _UNUSABLE:
                raise
            return None

    def transaction_count(self, address: str, at: Block) -> int:
        """Return how many transactions of an account are mined up to a block, which is its next nonce there."""
        return self._read_at(nonce_in, "eth_getTransactionCount", address, at=at)

    def latest_transaction_count(self, address: str) -> int:
        """Return how many transactions of an account are mined."""
        return self._read(nonce_in, "eth_getTransactionCount", address, "latest", exists=True)

    def pending_transaction_count(self, address: str) -> int:
        """Return how many transactions of an account are mined or pending."""
        return self._read(nonce_in, "eth_getTransactionCount", address, "pending", exists=True)

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """Return the receipt of a transaction; None while it is not mined."""
        return self._read(
            lambda found: receipt_in(found, transaction_hash), "eth_getTransactionReceipt", transaction_hash
        )

    def is_pending(self, transaction_hash: str) -> bool:
        """Return whether the endpoint has this transaction and it is not mined."""
        return self._read(
            lambda found: found is not None and found.get("blockNumber") is None,
            "eth_getTransactionByHash",
            transaction_hash,
        )

    def is_known(self, transaction_hash: str) -> bool:
        """Return whether the endpoint has this transaction, pending or mined."""
        return self._read(lambda found: found is not None, "eth_getTransactionByHash", transaction_hash)

    def logs(self, contracts: Sequence[str], topics: Sequence[Sequence[bytes]], up_to: Block) -> list[Log]:
        """Return events of these contracts up to a block, oldest first; an empty list of choices matches any topic."""
        filters = [["0x" + one.hex() for one in choices] or None for choices in topics]
        query = {"address": list(contracts), "topics": filters, "fromBlock": "0x0", "toBlock": hex(up_to.number)}
        if time.monotonic() < self._no_logs_until:
            raise RpcUnavailable(f"{self.label} does not search logs")
        try:
            return self._read(logs_in, "eth_getLogs", query, exists=True, patience_s=_OPTIONAL_S, may_split=True)
        except (RpcUnavailable, RpcRejected):
            self._no_logs_until = time.monotonic() + _REMEMBERED_S
            raise

    def logs_of(self, transaction_hash: str) -> list[Log]:
        """Return the events of a mined transaction; empty if the endpoint does not have it."""
        return self._read(
            lambda found: [log_in(one) for one in found["logs"]] if found else [],
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
        """Send a signed transaction once. After RpcUnavailable its outcome is unknown, whatever the endpoint says."""
        self._request("eth_sendRawTransaction", "0x" + raw_transaction.hex())

    def _block(self, tag: str) -> Block:
        return self._read(block_in, "eth_getBlockByNumber", tag, False, exists=True)

    def _read_at(
        self,
        parse: Callable[[Any], Value],
        method: str,
        *parameters: object,
        at: Block | None,
        may_split: bool = False,
    ) -> Value:
        """Read at a block; raise BlockReplaced if a server that lacks it has another block of its number."""

        def require_canonical() -> None:
            if at and self._replaced(at):
                raise BlockReplaced(f"{self.label} has replaced block {at.number} ({at.hash}) by another one")

        reference = {"blockHash": at.hash} if at else "latest"
        return self._read(
            parse,
            method,
            *parameters,
            reference,
            exists=True,
            may_split=may_split,
            while_lagging=require_canonical,
        )

    def _replaced(self, block: Block) -> bool:
        try:
            found = self._request("eth_getBlockByNumber", hex(block.number), False)
            return found is not None and block_in(found).hash != block.hash
        except (RpcUnavailable, RpcRejected, *_MALFORMED):
            return False
