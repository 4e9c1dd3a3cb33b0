"""Encodes contract calls from their Solidity signatures, tuples included."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_abi.grammar import TupleType, parse
from eth_utils.abi import function_signature_to_4byte_selector


def encode_call(signature: str, *arguments: object) -> bytes:
    """Returns selector and arguments, e.g. of `encode_call("transfer(address,uint256)", receiver, amount)`."""
    return bytes(function_signature_to_4byte_selector(signature)) + encode(_types(signature), arguments)


def _types(signature: str) -> list[str]:
    listed = signature[signature.index("(") :]
    if listed == "()":
        return []
    parameters = parse(listed)
    if not isinstance(parameters, TupleType):
        raise TypeError(f"{signature} is not a function signature")
    return [parameter.to_type_str() for parameter in parameters.components]
