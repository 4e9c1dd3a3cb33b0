"""Conversion of property values between the engine's wire format (protobuf Struct) and Python.

Maps, lists, strings, numbers and booleans are plain Python values. `Secret` wraps a secret value, `Unknown` is a value
that is not known in a preview.
The markers are those of the engine's RPC protocol (pulumi/sdk resource/properties and plugin/rpc).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

Properties = dict[str, Any]

_SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the protocol's marker, not a secret
_OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret value; its `repr` never shows it."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that becomes known during the update."""

    marker: str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def from_struct(struct: Struct) -> Properties:
    """Read a property map. Null entries are omitted, whole numbers become `int`."""
    return {key: value for key, field in struct.fields.items() if (value := _from_value(field)) is not None}


def _from_value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return Unknown(text) if text in _UNKNOWNS else text
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _from_marked(from_struct(value.struct_value))
    return None


def _from_marked(fields: Properties) -> Any:
    signature = fields.get(_SIGNATURE_KEY)
    if signature == _SECRET_SIGNATURE:
        return Secret(fields.get("value"))
    if signature == _OUTPUT_SIGNATURE:
        value = fields.get("value", Unknown())
        return Secret(value) if fields.get("secret") else value
    return fields


def to_struct(properties: Mapping[str, Any], *, keep_secrets: bool = True) -> Struct:
    """Write a property map. Without `keep_secrets` (the engine does not accept them) secrets are in clear text."""
    struct = Struct()
    for key, value in properties.items():
        if value is not None:
            _fill(struct.fields[key], value, keep_secrets)
    return struct


def _fill(target: Value, value: Any, keep_secrets: bool) -> None:
    if isinstance(value, Secret):
        if keep_secrets:
            marked = {_SIGNATURE_KEY: _SECRET_SIGNATURE, "value": value.value}
            target.struct_value.CopyFrom(to_struct(marked, keep_secrets=True))
        else:
            _fill(target, value.value, keep_secrets)
    elif isinstance(value, Unknown):
        target.string_value = value.marker
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, Mapping):
        target.struct_value.CopyFrom(to_struct(value, keep_secrets=keep_secrets))
    elif isinstance(value, list | tuple):
        items = ListValue()
        for item in value:
            _fill(items.values.add(), item, keep_secrets)
        target.list_value.CopyFrom(items)
    else:
        target.null_value = NULL_VALUE


def reveal(value: Any) -> Any:
    """Return a copy without the secret wrappers, for the API server."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def contains(value: Any, marker: type[Secret] | type[Unknown]) -> bool:
    """Whether the value contains an instance of this marker type."""
    if isinstance(value, marker):
        return True
    if isinstance(value, Secret):
        return contains(value.value, marker)
    if isinstance(value, dict):
        return any(contains(item, marker) for item in value.values())
    if isinstance(value, list):
        return any(contains(item, marker) for item in value)
    return False
