"""View calls: many in one request, each decoded; what a missing contract says is None."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from identity.calls import Call, aggregate3
from identity.chain import Block, ChainClient
from identity.contracts import MULTICALL, MULTICALL3, ZERO_ADDRESS, Interface


@dataclass(frozen=True)
class View:
    """One question to a contract, and how to read the answer."""

    interface: Interface
    function: str
    call: Call


def view(interface: Interface, target: str, function: str, *arguments: object) -> View:
    """The question `function(arguments)` to the contract at `target`."""
    return View(interface, function, Call(target, interface.encode(function, *arguments)))


def ask(chain: ChainClient, block: Block, views: Sequence[View]) -> list[Any]:
    """What each view returned at this block, decoded; None where the contract is absent or reverted."""
    returned = chain.call(MULTICALL3, aggregate3([one.call for one in views], allow_failure=True), at=block)
    results = MULTICALL.decode("aggregate3", returned)
    if results is None:
        return [None] * len(views)  # no Multicall3 on this chain: preflight says so
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
