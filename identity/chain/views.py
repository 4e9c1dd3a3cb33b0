"""View calls: batched into as few requests as the endpoint accepts, and decoded; None for a missing contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from identity.chain.client import Block, ChainClient
from identity.errors import BlockReplaced, Refusal, RequestTooLarge, RpcUnavailable
from identity.evm.calls import Call, aggregate3
from identity.evm.contracts import MULTICALL, MULTICALL3, ZERO_ADDRESS, Interface

_SMALL_BATCH = 400
"""Number of views that any endpoint accepts at once: those of about twenty identities."""
_NOT_ABOUT_SIZE = (Refusal.KEY, Refusal.THROTTLED, Refusal.LAG)


@dataclass(frozen=True)
class View:
    """One view call, and the interface that decodes its result."""

    interface: Interface
    function: str
    call: Call


def view(interface: Interface, target: str, function: str, *arguments: object) -> View:
    """Return the view call `function(arguments)` of the contract at `target`."""
    return View(interface, function, Call(target, interface.encode(function, *arguments)))


_SENTINEL_VIEW = view(MULTICALL, MULTICALL3, "getBlockNumber")
"""Succeeds unless the batch runs out of gas, which would make contracts look absent."""


def read_views(chain: ChainClient, block: Block, views: Sequence[View]) -> list[Any]:
    """Return the decoded result of each view at this block; None if the contract is absent or reverted.

    Use one request. If the endpoint refuses it as too large, halve the requests for a while. If it gives no usable
    response to a large request until the end of the patience, try a small one before that is an error.
    """
    answers: list[Any] = []
    while len(answers) < len(views):
        part = views[len(answers) : len(answers) + chain.most_views]
        try:
            answers += _read_batch(chain, block, part)
        except RequestTooLarge as error:
            if len(part) == 1:
                raise
            half = -(-len(part) // 2)
            chain.limit_views(min(half, _SMALL_BATCH) if error.refusal is Refusal.TIMED_OUT else half)
        except BlockReplaced:
            raise
        except RpcUnavailable as error:
            if len(part) <= _SMALL_BATCH or error.refusal in _NOT_ABOUT_SIZE:
                raise
            chain.limit_views(_SMALL_BATCH)
    return answers


def _read_batch(chain: ChainClient, block: Block, views: Sequence[View]) -> list[Any]:
    calls = [*(one.call for one in views), _SENTINEL_VIEW.call]
    results = chain.call_many(
        MULTICALL3,
        aggregate3(calls, allow_failure=True),
        lambda returned: _results_in(returned, len(calls)),
        at=block,
    )
    if not results:
        if chain.code(MULTICALL3):
            raise RequestTooLarge(f"{chain.label} returned nothing for a call that must return a value")
        return [None] * len(views)  # no Multicall3 on this chain: preflight says so
    *results, (enough_gas, _) = results
    if not enough_gas:
        raise RequestTooLarge(f"{chain.label} gives calls too little gas to read contracts")
    return [
        one.interface.decode(one.function, data) if succeeded else None
        for one, (succeeded, data) in zip(views, results, strict=True)
    ]


def _results_in(returned: bytes, count: int) -> list[tuple[bool, bytes]]:
    """Return the results in the response of Multicall3; empty for an empty response; raise ValueError."""
    if not returned:
        return []
    results = MULTICALL.decode("aggregate3", returned)
    if results is None or len(results) != count:
        raise ValueError(count)
    return list(results)


def integer(answer: object) -> int:
    """Return the number in a result, 0 without one."""
    return answer if isinstance(answer, int) else 0


def address(answer: object) -> str:
    """Return the checksummed address in a result, the zero address without one."""
    return to_checksum_address(answer) if isinstance(answer, str) else ZERO_ADDRESS


def address_in(word: object) -> str:
    """Return the address in a 32-byte storage word or event topic, the zero address without one."""
    return to_checksum_address(word[-20:]) if isinstance(word, bytes) and len(word) == 32 else ZERO_ADDRESS


def as_topic(account: str) -> bytes:
    """Return an address as an event topic."""
    return bytes(12) + bytes.fromhex(account.removeprefix("0x"))
