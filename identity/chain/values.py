"""The hexadecimal values of JSON-RPC."""

import re

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")


def bytes_of(text: str) -> bytes:
    """Return the bytes of hex text, with or without 0x."""
    return bytes.fromhex(text.removeprefix("0x"))


def number_of(text: str) -> int:
    """The number of a JSON-RPC quantity, `0x…`, of at most 256 bits."""
    if not _QUANTITY.fullmatch(text):
        raise ValueError(text[:70])
    return int(text, 16)
