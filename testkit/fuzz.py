"""Mutations of valid inputs: `mutated(seed, text)` is the same bytes in every run."""

import os
import random
from collections.abc import Callable

_COUNT = "HOPRD_FUZZ"
_DEFAULT_COUNT = 150

_TOKENS = (
    b"null", b"true", b"-1", b"0", b"010", b"0x10", b"1e999", b"1e21", b".inf", b".nan", b"NaN", b"2024-01-31", b"~",
    b"{}", b"[]", b"{", b"}", b"[", b"]", b'"', b"'", b": ", b"- ", b"#", b"\n", b"\r\n", b"\t", b"|\n", b">-\n",
    b"&a ", b"*a", b"<<: *a", b"!!binary ", b"!!python/object:os.system ", b"!!set ", b"!x ", b"---\n", b"...\n",
    b"%YAML 1.2\n", b"\x00", b"\x07", b"\x1b[31m", b"\x7f", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf",
    b"\xff", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\\ud800", b"\\u0000", b"9" * 5000, b"a" * 5000, b"[" * 3000,
    b"{a: " * 3000, b"- " * 3000,
)  # fmt: skip


def count() -> int:
    """The number of mutations of a test; the environment variable HOPRD_FUZZ sets another one."""
    return int(os.environ.get(_COUNT, _DEFAULT_COUNT))


def mutated(seed: int, data: bytes) -> bytes:
    """Return the data with one to four random changes."""
    source = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(source.randint(1, 4)):
        data = source.choice(_CHANGES)(source, data)
    return data


def _part(source: random.Random, data: bytes, most: int = 40) -> tuple[int, int]:
    start = source.randrange(len(data) + 1)
    return start, min(len(data), start + source.randint(1, most))


def _flip(source: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    position = source.randrange(len(data))
    return data[:position] + bytes([data[position] ^ 1 << source.randrange(8)]) + data[position + 1 :]


def _delete(source: random.Random, data: bytes) -> bytes:
    start, end = _part(source, data)
    return data[:start] + data[end:]


def _repeat(source: random.Random, data: bytes) -> bytes:
    start, end = _part(source, data, 200)
    return data[:end] + data[start:end] * source.randint(1, 3) + data[end:]


def _insert(source: random.Random, data: bytes) -> bytes:
    position = source.randrange(len(data) + 1)
    return data[:position] + source.choice(_TOKENS) + data[position:]


def _replace(source: random.Random, data: bytes) -> bytes:
    start, end = _part(source, data, 12)
    return data[:start] + source.choice(_TOKENS) + data[end:]


def _replace_value(source: random.Random, data: bytes) -> bytes:
    """Replace what follows a random colon, up to the end of its line or element."""
    colons = [position for position, byte in enumerate(data) if byte == ord(":")]
    if not colons:
        return data
    start = source.choice(colons) + 1
    end = next((at for at in range(start, len(data)) if data[at] in b"\n,}"), len(data))
    return data[:start] + b" " + source.choice(_TOKENS) + data[end:]


def _swap_lines(source: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    first, second = source.randrange(len(lines)), source.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def _cut(source: random.Random, data: bytes) -> bytes:
    return data[: source.randrange(len(data) + 1)]


_CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip, _delete, _repeat, _insert, _replace, _replace_value, _replace_value, _swap_lines, _cut
)  # fmt: skip
