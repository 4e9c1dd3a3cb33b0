"""The words of an OpenAPI v3 schema that the custom resource definitions are written in."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]


def text(description: str, *, max_length: int | None = None, **more: Any) -> Schema:
    """A string; `max_length` keeps the API server's estimate of a CEL rule's cost within its limit."""
    limit = {} if max_length is None else {"maxLength": max_length}
    return {"type": "string", "description": description, **limit, **more}


def number(description: str, *, minimum: int, maximum: int | None = None, **more: Any) -> Schema:
    """A whole number within bounds."""
    limit = {} if maximum is None else {"maximum": maximum}
    return {"type": "integer", "description": description, "minimum": minimum, **limit, **more}


def flag(description: str, **more: Any) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description, **more}


def choice(description: str, values: Sequence[str], **more: Any) -> Schema:
    """One of a few words."""
    return {"type": "string", "description": description, "enum": list(values), **more}


def record(description: str, properties: Mapping[str, Schema], required: Sequence[str] = (), **more: Any) -> Schema:
    """An object with named fields."""
    named = {"required": list(required)} if required else {}
    return {"type": "object", "description": description, **named, "properties": dict(properties), **more}


def immutable(field: str, schema: Schema) -> Schema:
    """The field with a rule (CEL) that refuses another value once there is one."""
    return {**schema, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": f"{field} is immutable"}]}


def keeps(*fields: str) -> Schema:
    """Rules for the record around optional immutable fields: once set, they cannot be taken away.

    A rule on the field alone is not evaluated when the field is missing.
    """
    rules = [
        {"rule": f"!has(oldSelf.{field}) || has(self.{field})", "message": f"{field} cannot be removed once it is set"}
        for field in fields
    ]
    return {"x-kubernetes-validations": rules}
