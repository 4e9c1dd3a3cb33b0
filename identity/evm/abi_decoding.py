"""Decodes ABI data of unknown origin: whatever it holds, decoding stays small and fails in one way.

The offsets of ABI data may point to the same bytes again and again, so a small response can describe a huge value.
Data that contracts encode is read about once.
"""

from collections.abc import Sequence
from typing import Any

from eth_abi.codec import ABIDecoder
from eth_abi.decoding import ContextFramesBytesIO
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry

_READS_PER_BYTE = 4


class _MeteredStream(ContextFramesBytesIO):
    """Raises DecodingError when more is read than data of this size can hold."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)  # type: ignore[no-untyped-call]
        self._left = _READS_PER_BYTE * len(data)

    def read(self, size: int | None = -1) -> bytes:
        content: bytes = super().read(size)
        self._left -= len(content)
        if self._left < 0:
            raise DecodingError("the data describes a value larger than itself")
        return content


class _MeteredDecoder(ABIDecoder):
    stream_class = _MeteredStream


_DECODER = _MeteredDecoder(registry)


def decode_abi(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Return the values in ABI data; raise DecodingError for any defect."""
    try:
        return tuple(_DECODER.decode(types, data))
    except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        raise DecodingError(str(error)) from None
