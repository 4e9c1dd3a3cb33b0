"""Encodes contract calls from their Solidity signatures, tuples included."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_abi.grammar import TupleType, parse
from eth_utils.abi import function_signature_to_4byte_selector


def encode_call(signature: str, *arguments: object) -> bytes:
    """Returns selector and arguments, e.g. of `encode_call("transfer(address,uint256)", receiver, amount)`."""
    types = split_types(signature[signature.index("(") :])
    return bytes(function_signature_to_4byte_selector(signature)) + encode(types, arguments)


def split_types(listed: str) -> list[str]:
    """Returns the types in a list such as `(address,(bool,bytes)[])`."""
    if listed == "()":
        return []
    parameters = parse(listed)
    if not isinstance(parameters, TupleType):
        raise TypeError(f"{listed} is not a list of types in parentheses")
    return [parameter.to_type_str() for parameter in parameters.components]
