"""Changes real JSON-RPC responses at random: types, truncations, nulls, huge numbers, wrong hex, nesting."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from testkit.identity.endpoint import Answer

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 7, 2**300, 10**400, "", "0x", "0xzz", "text", "0x" + "f" * 200, "0x-1"),
    *([], {}, [None], [[[[[[]]]]]], {"a": {"b": {"c": []}}}, "\x00", "é" * 50, "0x1" + "0" * 63, "latest"),
)
_BODIES = (b"", b"null", b"[]", b"<html>busy</html>", b"\xff\xfe", b'{"result":' + b"[" * 5_000, b'{"error":null}')
_STATUSES = (200, 200, 200, 200, 302, 400, 404, 429, 500, 502, 520)


def mutated(answer: Answer, random: Random) -> Answer:
    """Return the response with one change."""
    status, body = answer
    kind = random.random()
    if kind < 0.05:
        return random.choice(_STATUSES), random.choice(_BODIES)
    if kind < 0.15:
        return status, body[: random.randrange(len(body) + 1)]
    if kind < 0.2:
        position = random.randrange(len(body))
        return status, body[:position] + bytes([random.randrange(256)]) + body[position + 1 :]
    if kind < 0.25:
        return random.choice(_STATUSES), body
    return status, json.dumps(_with_a_change(json.loads(body), random)).encode()


def _with_a_change(value: Any, random: Random) -> Any:
    """Return the JSON value with one change somewhere inside."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(list(value))
        rest = {name: one for name, one in value.items() if name != key}
        return rest if random.random() < 0.1 else {**rest, key: _with_a_change(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.85:
        index = random.randrange(len(value))
        changed = [] if random.random() < 0.1 else [_with_a_change(value[index], random)]
        return value[:index] + changed + value[index + 1 :]
    if isinstance(value, str) and value.startswith("0x") and random.random() < 0.6:
        return _other_hex(value, random)
    return random.choice(_VALUES)


def _other_hex(text: str, random: Random) -> str:
    digits = text[2:]
    position = random.randrange(len(digits) + 1)
    match random.randrange(4):
        case 0:
            return text[: 2 + position]
        case 1:
            return "0x" + digits[:position] + random.choice("0123456789abcdefXZ ") + digits[position + 1 :]
        case 2:
            return "0x" + digits * random.choice((2, 3))
        case _:
            word = random.choice(("0" * 64, "f" * 64, "8" + "0" * 63))
            start = position // 64 * 64
            return "0x" + digits[:start] + word + digits[start + 64 :]
