"""The contracts of an identity: fixed addresses, and interfaces read from `abi/*.json`."""

import json
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIFunction
from eth_utils.abi import (
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
)
from eth_utils.address import is_address, to_canonical_address

from config.safe_contracts import (
    CREATE_CALL,
    FACTORY_FALLBACK_HANDLER,
    FALLBACK_HANDLER,
    MULTI_SEND,
    MULTI_SEND_CALL_ONLY,
    MULTICALL3,
    SAFE_PROXY_FACTORY,
    SAFE_SINGLETON,
    SENTINEL,
)
from identity.evm.abi_decoding import decode_abi

__all__ = [
    "CREATE_CALL",
    "CREATOR",
    "ERC1820_REGISTRY",
    "FACTORY_FALLBACK_HANDLER",
    "FALLBACK_HANDLER",
    "INTERFACE_REGISTRY",
    "MODULE",
    "MULTICALL",
    "MULTICALL3",
    "MULTI_SEND",
    "MULTI_SENDER",
    "MULTI_SEND_CALL_ONLY",
    "NETWORK_REGISTRY",
    "NODE_SAFE_REGISTRY",
    "PROXY_FACTORY",
    "SAFE",
    "SAFE_PROXY_FACTORY",
    "SAFE_SINGLETON",
    "SENTINEL",
    "STAKE_FACTORY",
    "TOKEN",
    "UNLIMITED_WEI",
    "ZERO_ADDRESS",
    "Interface",
]


ERC1820_REGISTRY = "0x1820a4B7618BdE71Dce8cdc73aAB6C95905faD24"
ZERO_ADDRESS = "0x0000000000000000000000000000000000000000"
UNLIMITED_WEI = 2**256 - 1


class Interface:
    """A contract's functions and events by name: `encode` builds call data, `decode` reads results."""

    def __init__(self, abi: Sequence[Any]) -> None:
        functions: list[ABIFunction] = [item for item in abi if item["type"] == "function"]
        self._selectors = {item["name"]: function_abi_to_4byte_selector(item) for item in functions}
        self._inputs = {item["name"]: get_abi_input_types(item) for item in functions}
        self._outputs = {item["name"]: get_abi_output_types(item) for item in functions}
        events = [item for item in abi if item["type"] == "event"]
        self._topics = {item["name"]: event_abi_to_log_topic(item) for item in events}
        self._data = {item["name"]: [one["type"] for one in item["inputs"] if not one["indexed"]] for item in events}

    def encode(self, function: str, *arguments: object) -> bytes:
        """Return call data: the selector, then the arguments."""
        types = self._inputs[function]
        plain = (
            _with_bytes(value) if "address" in kind else value for kind, value in zip(types, arguments, strict=True)
        )
        return self._selectors[function] + encode(types, tuple(plain))

    def decode(self, function: str, returned: bytes) -> Any:
        """Return the decoded result; None if it does not match the ABI, such as that of an absent contract."""
        try:
            values = decode_abi(self._outputs[function], returned)
        except DecodingError:
            return None
        return values[0] if len(values) == 1 else values

    def decode_input(self, function: str, data: bytes) -> tuple[Any, ...]:
        """Return the arguments in call data of this function; raise DecodingError."""
        return decode_abi(self._inputs[function], data[4:])

    def selector(self, function: str) -> bytes:
        """Return the function's four-byte selector."""
        return bytes(self._selectors[function])

    def topic(self, event: str) -> bytes:
        """Return the first topic of the event's logs."""
        return bytes(self._topics[event])

    def decode_event(self, event: str, data: bytes) -> tuple[Any, ...]:
        """Return the arguments of an event that are not topics; empty if the data does not match the ABI."""
        try:
            return decode_abi(self._data[event], data)
        except DecodingError:
            return ()


def _with_bytes(value: Any) -> Any:
    """Return an argument with addresses as bytes: eth_abi checks the checksum of a text three times, by hashing it."""
    if isinstance(value, list | tuple):
        return type(value)(map(_with_bytes, value))
    return _address_bytes(value) if isinstance(value, str) else value


@lru_cache(maxsize=10_000)
def _address_bytes(address: str) -> bytes | str:
    """Return the 20 bytes of an address; anything else unchanged, for eth_abi to refuse."""
    return to_canonical_address(address) if is_address(address) else address


@cache
def _interface(name: str) -> Interface:
    return Interface(json.loads((Path(__file__).parent / "abi" / f"{name}.json").read_text(encoding="utf-8")))


SAFE = _interface("safe")
PROXY_FACTORY = _interface("safe_proxy_factory")
MULTI_SENDER = _interface("multi_send")
CREATOR = _interface("create_call")
MULTICALL = _interface("multicall3")
MODULE = _interface("node_management_module")
NODE_SAFE_REGISTRY = _interface("node_safe_registry")
NETWORK_REGISTRY = _interface("network_registry")
TOKEN = _interface("token")
STAKE_FACTORY = _interface("node_stake_factory")
INTERFACE_REGISTRY = _interface("erc1820_registry")
