"""View calls: as many in one request as the endpoint takes, each decoded; what a missing contract says is None."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from identity.chain.client import Block, ChainClient
from identity.errors import RpcRejected, RpcUnavailable
from identity.evm.calls import Call, aggregate3
from identity.evm.contracts import MULTICALL, MULTICALL3, ZERO_ADDRESS, Interface

_FEW = 400
"""Views that any endpoint takes at once: those of some twenty identities."""


@dataclass(frozen=True)
class View:
    """One question to a contract, and how to read the answer."""

    interface: Interface
    function: str
    call: Call


def view(interface: Interface, target: str, function: str, *arguments: object) -> View:
    """The question `function(arguments)` to the contract at `target`."""
    return View(interface, function, Call(target, interface.encode(function, *arguments)))


_LAST = view(MULTICALL, MULTICALL3, "getBlockNumber")
"""Answers always. A call that ran out of gas inside would make contracts seem absent; then this one fails too."""


def read_views(chain: ChainClient, block: Block, views: Sequence[View]) -> list[Any]:
    """What each view returned at this block, decoded; None where the contract is absent or reverted.

    One request; two of half the size where the endpoint finds that too much, and so on for as long as it is used.
    Where it gives no answer to many, it is asked for few before that is an error: a gateway may have run out of time.
    """
    answers: list[Any] = []
    while len(answers) < len(views):
        part = views[len(answers) : len(answers) + chain.most_views]
        try:
            answers += _ask_at_once(chain, block, part)
        except RpcRejected:
            if len(part) == 1:
                raise
            chain.most_views = -(-len(part) // 2)
        except RpcUnavailable:
            if len(part) <= _FEW:
                raise
            chain.most_views = _FEW
    return answers


def _ask_at_once(chain: ChainClient, block: Block, views: Sequence[View]) -> list[Any]:
    calls = [*(one.call for one in views), _LAST.call]
    returned = chain.call(MULTICALL3, aggregate3(calls, allow_failure=True), at=block)
    results = MULTICALL.decode("aggregate3", returned)
    if results is None:
        if chain.code(MULTICALL3):
            raise RpcRejected(f"{chain.label} gives no answer to a call that has one")
        return [None] * len(views)  # no Multicall3 on this chain: preflight says so
    *results, (lasted, _) = results
    if not lasted:
        raise RpcRejected(f"{chain.label} gives a call too little gas to look at anything")
    return [
        one.interface.decode(one.function, data) if succeeded else None
        for one, (succeeded, data) in zip(views, results, strict=True)
    ]


def integer(answer: object) -> int:
    """The number in an answer, 0 without one."""
    return answer if isinstance(answer, int) else 0


def address(answer: object) -> str:
    """The checksummed address in an answer, the zero address without one."""
    return to_checksum_address(answer) if isinstance(answer, str) else ZERO_ADDRESS


def address_in(word: object) -> str:
    """The address in 32 bytes of storage or of an event's topic, the zero address without one."""
    return to_checksum_address(word[-20:]) if isinstance(word, bytes) and len(word) == 32 else ZERO_ADDRESS


def as_topic(account: str) -> bytes:
    """An address as the topic that an event has it as."""
    return bytes(12) + bytes.fromhex(account.removeprefix("0x"))
