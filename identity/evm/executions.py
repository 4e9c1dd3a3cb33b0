"""The calls that a Safe has executed, decoded from the transactions that contain them. Pure.

The Safe's event contains the hash of the executed call, which proves which of the calls in a transaction it was.
"""

from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from identity.evm.calls import NO_REFUND, Call, Refund, unpack_multi_send
from identity.evm.contracts import (
    CREATE_CALL,
    MULTI_SEND,
    MULTI_SEND_CALL_ONLY,
    MULTI_SENDER,
    MULTICALL,
    MULTICALL3,
    SAFE,
    Interface,
)

_BATCHES = ("aggregate3", "aggregate3Value", "aggregate", "tryAggregate", "blockAndAggregate", "tryBlockAndAggregate")
"""Functions of Multicall3 whose last argument is a list of calls: the target first, the data last."""
_DELEGATE_CALL = 1


@dataclass(frozen=True)
class Execution:
    """A transaction that a Safe is asked to execute."""

    call: Call
    refund: Refund = NO_REFUND


def executions_of(safe: str, target: str, data: bytes) -> list[Execution]:
    """Return the Safe transactions that a transaction requests of this Safe, directly or through Multicall3."""
    if target == safe:
        arguments = _arguments(SAFE, "execTransaction", data)
        if arguments is None:
            return []
        to, value_wei, inner, operation, safe_tx_gas, base_gas, gas_price, token, receiver, _ = arguments
        call = Call(to_checksum_address(to), inner, value_wei, delegate=operation == _DELEGATE_CALL)
        receiver = to_checksum_address(receiver)
        return [Execution(call, Refund(safe_tx_gas, base_gas, gas_price, to_checksum_address(token), receiver))]
    if target != MULTICALL3:
        return []
    batches = [arguments[-1] for name in _BATCHES if (arguments := _arguments(MULTICALL, name, data))]
    parts = [(to_checksum_address(one[0]), one[-1]) for batch in batches for one in batch]
    return [found for to, inner in parts if to == safe for found in executions_of(safe, to, inner)]


def foreign_code(call: Call) -> set[str]:
    """Return the contracts that the Safe runs by DELEGATECALL in this call, except those that our Safes run."""
    if not call.delegate or call.target == MULTI_SEND_CALL_ONLY:
        return set()
    if call.target != MULTI_SEND:
        return {call.target}
    arguments = _arguments(MULTI_SENDER, "multiSend", call.data)
    try:
        inner = unpack_multi_send(arguments[0]) if arguments else []
    except ValueError:  # truncated inside an address: the contract reads zeros there, and no tool packs calls like that
        return {call.target}
    return {one.target for one in inner if one.delegate and one.target != CREATE_CALL}


def _arguments(interface: Interface, function: str, data: bytes) -> tuple[Any, ...] | None:
    if data[:4] != interface.selector(function):
        return None
    try:
        return interface.decode_input(function, data)
    except DecodingError:
        return None
