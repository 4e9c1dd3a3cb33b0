"""The RPC client: typed answers, typed errors, time limits; the only module that talks to the chain.

Reads are tried again. `send` is tried once, because a lost reply says nothing about the transaction: the caller knows
the hash and asks for it. No message holds more of the URL than scheme and host.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from config.scalars import redact_url
from identity.errors import CallReverted, RpcRejected, RpcUnavailable, WrongChain
from identity.reverts import Refusal, classify, explain_revert

_FIRST_PAUSE_S = 0.3
_SHORTEST_KEY = 8
_RETRIED_STATUS = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Block:
    """One block; reads pinned to it by hash see one state of the chain, whichever server answers."""

    number: int
    hash: str
    base_fee_wei: int
    timestamp: int = 0
    """Seconds since 1970."""


@dataclass(frozen=True)
class Receipt:
    """What became of a mined transaction."""

    transaction_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    gas_price_wei: int


@dataclass(frozen=True)
class Log:
    """One event of a contract; `topics` starts with the event's own."""

    contract: str
    topics: tuple[bytes, ...]
    data: bytes
    transaction_hash: str


class ChainClient:
    """One JSON-RPC endpoint over HTTP.

    `timeout_s` bounds each request, `attempts` counts tries of a read. Raises RpcUnavailable, RpcRejected or
    CallReverted from every method.
    """

    def __init__(self, rpc_url: str, *, timeout_s: float = 20, attempts: int = 4) -> None:
        self.label = redact_url(rpc_url)
        if not rpc_url.startswith(("http://", "https://")):
            raise RpcUnavailable(f"chain.rpcUrl: {self.label} is not served over HTTP, give an http:// or https:// URL")
        self._attempts = attempts
        self._private_parts = _private_parts(rpc_url)
        self._provider = HTTPProvider(
            rpc_url, request_kwargs={"timeout": timeout_s}, exception_retry_configuration=None
        )

    def expect_chain(self, chain_id: int, network: str) -> None:
        """Raises WrongChain unless the endpoint serves this chain."""
        found = int(self._read("eth_chainId"), 16)
        if found != chain_id:
            raise WrongChain(
                f"chain.rpcUrl: {self.label} serves chain {found}, network {network} is on chain {chain_id}: "
                "give an endpoint of that chain"
            )

    def latest_block(self) -> Block:
        """The newest block."""
        return self._block("latest")

    def block(self, number: int) -> Block:
        """The block of this number."""
        return self._block(hex(number))

    def code(self, address: str) -> bytes:
        """The contract's code; empty where there is none."""
        return _bytes(self._read("eth_getCode", address, "latest"))

    def call(
        self, target: str, data: bytes, *, at: Block | None = None, sender: str | None = None, value_wei: int = 0
    ) -> bytes:
        """What a call would return, at a block (by hash) or at the newest one; raises CallReverted."""
        request = {"to": target, "data": "0x" + data.hex()}
        if sender:
            request |= {"from": sender, "value": hex(value_wei)}
        return _bytes(self._read("eth_call", request, _reference(at)))

    def estimate_gas(self, sender: str, target: str, data: bytes, value_wei: int) -> int:
        """Gas the call would use on top of the newest block; raises CallReverted when it would fail."""
        request = {"from": sender, "to": target, "data": "0x" + data.hex(), "value": hex(value_wei)}
        return int(self._read("eth_estimateGas", request, "latest"), 16)

    def transaction_count(self, address: str, at: Block) -> int:
        """How many transactions of this account the chain holds up to a block: the next one's nonce there."""
        return int(self._read("eth_getTransactionCount", address, _reference(at)), 16)

    def latest_transaction_count(self, address: str) -> int:
        """How many transactions of this account are mined."""
        return int(self._read("eth_getTransactionCount", address, "latest"), 16)

    def pending_transaction_count(self, address: str) -> int:
        """How many transactions of this account are mined or wait in line."""
        return int(self._read("eth_getTransactionCount", address, "pending"), 16)

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """The receipt of a transaction; None while it is not mined."""
        found = self._read("eth_getTransactionReceipt", transaction_hash)
        if found is None or found.get("blockHash") is None:
            return None
        return Receipt(
            transaction_hash=transaction_hash,
            block_number=int(found["blockNumber"], 16),
            block_hash=found["blockHash"],
            succeeded=int(found["status"], 16) == 1,
            gas_used=int(found["gasUsed"], 16),
            gas_price_wei=int(found.get("effectiveGasPrice", "0x0"), 16),
        )

    def is_waiting(self, transaction_hash: str) -> bool:
        """Whether the endpoint holds this transaction and it is not mined."""
        found = self._read("eth_getTransactionByHash", transaction_hash)
        return found is not None and found.get("blockNumber") is None

    def logs(self, contracts: Sequence[str], topics: Sequence[Sequence[bytes]], up_to: Block) -> list[Log]:
        """Events of these contracts up to a block, oldest first; each topic is one of those given, or any for none."""
        wanted = [["0x" + one.hex() for one in choices] or None for choices in topics]
        query = {"address": list(contracts), "topics": wanted, "fromBlock": "0x0", "toBlock": hex(up_to.number)}
        return [_log(found) for found in sorted(self._read("eth_getLogs", query), key=_position)]

    def logs_of(self, transaction_hash: str) -> list[Log]:
        """Events of one mined transaction; none where the endpoint does not know it."""
        found = self._read("eth_getTransactionReceipt", transaction_hash) or {"logs": []}
        return [_log(one) for one in found["logs"]]

    def sent(self, transaction_hash: str) -> tuple[str, bytes] | None:
        """Target and data of a transaction; None for one that made a contract or is not known."""
        found = self._read("eth_getTransactionByHash", transaction_hash)
        return (to_checksum_address(found["to"]), _bytes(found["input"])) if found and found["to"] else None

    def send(self, raw_transaction: bytes) -> None:
        """Hands a signed transaction to the endpoint, once. RpcUnavailable leaves its fate unknown."""
        self._request("eth_sendRawTransaction", "0x" + raw_transaction.hex())

    def _block(self, tag: str) -> Block:
        found = self._read("eth_getBlockByNumber", tag, False, exists=True)
        base_fee_wei = int(found.get("baseFeePerGas", "0x0"), 16)
        return Block(_number(found, "number"), found["hash"], base_fee_wei, _number(found, "timestamp"))

    def _read(self, method: str, *parameters: object, exists: bool = False) -> Any:
        """`exists`: what is asked for is there, so a server that does not know it lags behind the others."""
        for attempt in range(1, self._attempts):
            try:
                return self._ask(method, parameters, exists=exists)
            except CallReverted:
                raise
            except _Passing:
                time.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
        return self._ask(method, parameters, exists=exists)

    def _ask(self, method: str, parameters: Sequence[object], *, exists: bool) -> Any:
        answer = self._request(method, *parameters)
        if exists and answer is None:
            raise _Passing(f"{self.label} does not know yet what {method} asks for")
        return answer

    def _request(self, method: str, *parameters: object) -> Any:
        try:
            answer: Any = self._provider.make_request(RPCEndpoint(method), list(parameters))
        except requests.HTTPError as error:
            answer = self._error_of(error, method)
        except requests.Timeout:
            raise _Passing(f"{self.label} did not answer {method} in time") from None
        except requests.RequestException as error:
            raise _Passing(f"{self.label} cannot be reached ({type(error).__name__} at {method})") from None
        except (ValueError, TypeError):
            raise _Passing(f"{self.label} gave an answer to {method} that is not JSON-RPC") from None
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise _Passing(f"{self.label} gave an answer to {method} that is not JSON-RPC")
        if answer.get("error"):
            raise self._refusal(method, answer["error"])
        return answer["result"]

    def _error_of(self, error: requests.HTTPError, method: str) -> Any:
        """The JSON-RPC error that some endpoints send with HTTP status 400, or the status as an exception."""
        if error.response is None:
            raise _Passing(f"{self.label} gave no answer to {method}") from None
        status = error.response.status_code
        if status in _RETRIED_STATUS:
            raise _Passing(f"{self.label} answered {method} with HTTP {status}") from None
        try:
            return {"error": error.response.json()["error"]}
        except (ValueError, KeyError, TypeError):
            hint = ": check chain.rpcUrl and its key" if status in (401, 403, 404) else ""
            raise RpcUnavailable(f"{self.label} answered {method} with HTTP {status}{hint}") from None

    def _refusal(self, method: str, error: Any) -> Exception:
        details = error if isinstance(error, dict) else {"message": str(error)}
        message, data = self._clean(str(details.get("message", ""))), details.get("data")
        refusal, meaning = classify(message)
        if refusal is Refusal.REVERTED or details.get("code") == 3:
            told = isinstance(data, str) and data.startswith("0x") and len(data) > 2
            revert = explain_revert(_bytes(str(data))) if told else explain_text(message)
            return CallReverted(f"a contract refused ({method}): {revert}", revert=revert)
        text = f"{self.label} refused {method}: {message}{f' ({meaning})' if meaning else ''}"
        if refusal in (Refusal.BUSY, Refusal.STATE_MISSING):
            return _Passing(text)
        return RpcRejected(text, code=int(details.get("code", 0)), rpc_message=message)

    def _clean(self, message: str) -> str:
        """An endpoint's own words, shortened, without what may be a key."""
        for private in self._private_parts:
            message = message.replace(private, "…")
        return message[:200]


class _Passing(RpcUnavailable):
    """May go away by itself: a read is tried again."""


def _private_parts(rpc_url: str) -> list[str]:
    """What of a URL may be a key, the longest first: path, query, user and their parts, as far as long enough."""
    rest = rpc_url.partition("://")[2]
    parts = [*re.split(r"[/?&=@:#]", rest.partition("/")[2]), *rest.rpartition("@")[0].split(":"), rpc_url]
    return sorted((part for part in parts if len(part) >= _SHORTEST_KEY), key=len, reverse=True)


def explain_text(message: str) -> str:
    """The reason inside 'execution reverted: …'."""
    return message.partition("reverted:")[2].strip() or message


def _reference(at: Block | None) -> object:
    return {"blockHash": at.hash} if at else "latest"


def _log(found: dict[str, Any]) -> Log:
    topics = tuple(_bytes(topic) for topic in found["topics"])
    return Log(to_checksum_address(found["address"]), topics, _bytes(found["data"]), found["transactionHash"])


def _position(log: dict[str, Any]) -> tuple[int, int]:
    return _number(log, "blockNumber"), _number(log, "logIndex")


def _number(record: dict[str, Any], key: str) -> int:
    return int(record[key], 16)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
