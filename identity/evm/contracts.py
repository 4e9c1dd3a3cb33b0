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

from identity.evm.abi_decoding import decode_abi

# The same on every chain (docs/protocol.md#networks-and-contracts).
MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"
SAFE_SINGLETON = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
SAFE_PROXY_FACTORY = "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"
FALLBACK_HANDLER = "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"
FACTORY_FALLBACK_HANDLER = "0x2a15DE4410d4c8af0A7b6c12803120f43C42B820"
"""The fallback handler of Safes that the HOPR factory creates; accepted only for trusted Safes."""
CREATE_CALL = "0x9b35Af71d77eaf8d7e40252370304687390A1A52"
MULTI_SEND = "0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526"
MULTI_SEND_CALL_ONLY = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"
ERC1820_REGISTRY = "0x1820a4B7618BdE71Dce8cdc73aAB6C95905faD24"
SENTINEL = "0x0000000000000000000000000000000000000001"
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
