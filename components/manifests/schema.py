"""Builders for the OpenAPI v3 schemas of the custom resource definitions."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]


def text(description: str, *, max_length: int | None = None, **more: Any) -> Schema:
    """A string. `max_length` keeps the API server's cost estimate of a CEL rule within its limit."""
    limit = {} if max_length is None else {"maxLength": max_length}
    return {"type": "string", "description": description, **limit, **more}


def number(description: str, *, minimum: int, maximum: int | None = None, **more: Any) -> Schema:
    """An integer within bounds."""
    limit = {} if maximum is None else {"maximum": maximum}
    return {"type": "integer", "description": description, "minimum": minimum, **limit, **more}


def flag(description: str, **more: Any) -> Schema:
    """A boolean."""
    return {"type": "boolean", "description": description, **more}


def choice(description: str, values: Sequence[str], **more: Any) -> Schema:
    """A string with an enumeration of values."""
    return {"type": "string", "description": description, "enum": list(values), **more}


def record(description: str, properties: Mapping[str, Schema], required: Sequence[str] = (), **more: Any) -> Schema:
    """An object with named fields."""
    named = {"required": list(required)} if required else {}
    return {"type": "object", "description": description, **named, "properties": dict(properties), **more}


def immutable(field: str, schema: Schema) -> Schema:
    """Add a CEL rule to a field that rejects a change of its value."""
    return {**schema, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": f"{field} is immutable"}]}


def keeps(*fields: str) -> Schema:
    """CEL rules for the record around optional immutable fields: a field cannot be removed once it is set.

    The API server does not evaluate a rule on the field itself when the field is missing.
    """
    rules = [
        {"rule": f"!has(oldSelf.{field}) || has(self.{field})", "message": f"{field} cannot be removed once it is set"}
        for field in fields
    ]
    return {"x-kubernetes-validations": rules}
