"""Turn pydantic's errors into problems: the path, what was found, what is allowed, a valid example."""

import difflib
import re
import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from config.errors import Problem
from config.validation.secrecy import Secrecy

Path = tuple[str | int, ...]

_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
    "string_type": "a string",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "amount_type": "an amount",
}
_DATE_OF_PULUMI = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,18} [+-][0-9]{4} \S+")
"""Pulumi reads an unquoted date as a time, and passes it to the program in this form."""
_REMOVED = {
    "platform.images.kubectl": "is not a setting any more, because the funding job does not run kubectl; remove it",
}
"""Settings of earlier versions, and what the error says instead of proposing another key."""
_BOUNDS = ("greater_than_equal", "less_than_equal")
_REPORTED_ELSEWHERE = (
    "default_factory_not_called",
    "no_account",
)  # the problem of the invalid or missing value says it


def dotted(path: Path) -> str:
    """Format `("pools", "core", "admins", 0)` as `pools.core.admins[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != "[key]")
    return text.removeprefix(".")


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the most similar known name, or all known names."""
    names = sorted(known)
    similar = difflib.get_close_matches(found, names, n=1, cutoff=0.6)
    if similar:
        return f"did you mean '{similar[0]}'?"
    return f"expected one of {', '.join(names)}" if names else "none is defined"


def counted(number: int, noun: str) -> str:
    """The number and its noun, in the singular or plural: 1 identity, 2 identities."""
    plural = "identities" if noun == "identity" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def explain(error: ValidationError, prefix: Path, annotation: Any, secrecy: Secrecy) -> list[Problem]:
    """Return a problem for each of pydantic's errors; `annotation` is the type that was validated at `prefix`."""
    return [
        _problem(detail, prefix, annotation, secrecy)
        for detail in error.errors(include_url=False)
        if detail["type"] not in _REPORTED_ELSEWHERE
    ]


def _problem(detail: ErrorDetails, prefix: Path, annotation: Any, secrecy: Secrecy) -> Problem:
    path = (*prefix, *detail["loc"])
    if detail["type"] == "extra_forbidden":
        parent, _ = _type_and_field_at(annotation, detail["loc"][:-1])
        key, known = str(detail["loc"][-1]), _keys(parent)
        if removed := _REMOVED.get(dotted(path)):
            return Problem(dotted(path), removed)
        if path[0] in secrecy.sections and not difflib.get_close_matches(key, known, n=1):
            return Problem(dotted(path[:-1]), f"has an unknown key, expected one of {', '.join(sorted(known))}")
        return Problem(dotted(path), f"unknown key, {did_you_mean(key, known)}")
    if detail["type"] == "invalid_key":
        return Problem(dotted(path[:-1]), f"has the key {detail['loc'][-1]}, which is not a string; write it in quotes")
    annotated, field = _type_and_field_at(annotation, detail["loc"])
    return Problem(dotted(path), _message(detail, annotated, field, secrecy))


def _message(detail: ErrorDetails, annotated: Any, field: FieldInfo | None, secrecy: Secrecy) -> str:
    kind, value = detail["type"], detail["input"]
    shown_example = example(field, annotated)
    shown = secrecy.value(value)
    if detail["loc"] and detail["loc"][-1] == "[key]":
        shown = "the name"
    match kind:
        case "missing":
            keys = _keys(annotated, only_required=True)
            return f"is missing; it requires {', '.join(keys)}" if keys else f"is missing{shown_example}"
        case "literal_error":
            return f"{shown} is not allowed, expected {detail['ctx']['expected']}"
        case "string_too_short":
            return f"is empty{shown_example}"
        case _ if kind in _BOUNDS:
            return f"{shown} is out of range, expected {_bounds(field)}{shown_example}"
        case _ if kind in _EXPECTED:
            required = _keys(annotated, only_required=True)
            expected = f"a mapping with {', '.join(required)}" if required else _EXPECTED[kind] + _hint(kind, value)
            return f"{_found(value, shown)}, expected {expected}{shown_example}"
        case _:
            subject = "" if isinstance(value, dict | list) else f"{shown} "
            is_date = isinstance(value, str) and _DATE_OF_PULUMI.fullmatch(value)
            rule = "is a date that is written without quotes; write it in quotes" if is_date else detail["msg"]
            return f"{subject}{rule}{'' if is_date or kind == 'contradiction' else shown_example}"


def _found(value: object, shown: str) -> str:
    match value:
        case None:
            return "is empty"
        case dict() | list() | tuple():
            return f"is {shown}"
        case bool():
            return f"{shown} is a boolean"
        case str():
            return f"{shown} is a string"
        case int() | float():
            return f"{shown} is a number"
        case _:
            return f"{shown} is not a scalar"


def _hint(kind: str, value: object) -> str:
    match kind, value:
        case (("int_type" | "bool_type"), str()):
            return " without quotes"
        case "string_type", (int() | float()):
            return " in quotes"
        case "string_type", dict():
            return " (write the same lines below a '|')"
        case _:
            return ""


def example(field: FieldInfo | None, annotated: Any = None) -> str:
    """The end of a message: a valid value of the field, or nothing if the field has no example."""
    while get_origin(annotated) in (Union, types.UnionType):
        annotated = get_args(annotated)[0]
    examples = (field and field.examples) or next(
        (m.examples for m in getattr(annotated, "__metadata__", ()) if isinstance(m, FieldInfo) and m.examples), None
    )
    return f", e.g. {_flow(examples[0])}" if examples else ""


def _flow(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'".replace("\n", "\\n")
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000).strip().removesuffix("\n...")


def _bounds(field: FieldInfo | None) -> str:
    metadata: Sequence[Any] = field.metadata if field else ()
    least = next((m.ge for m in metadata if hasattr(m, "ge")), None)
    most = next((m.le for m in metadata if hasattr(m, "le")), None)
    return f"{least} to {most}" if most is not None else f"at least {least}"


def _keys(annotated: Any, *, only_required: bool = False) -> list[str]:
    model = _unwrapped(annotated)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [
        field.alias or name for name, field in model.model_fields.items() if field.is_required() or not only_required
    ]


def _type_and_field_at(annotation: Any, loc: Path) -> tuple[Any, FieldInfo | None]:
    """Return the type at `loc` below `annotation` and its model field."""
    field: FieldInfo | None = None
    for part in loc:
        unwrapped = _unwrapped(annotation)
        arguments = get_args(unwrapped)
        if isinstance(unwrapped, type) and issubclass(unwrapped, BaseModel):
            field = next((f for name, f in unwrapped.model_fields.items() if part in (f.alias, name)), None)
            annotation = field.annotation if field else None
        else:
            field, annotation = None, (arguments[0 if part == "[key]" else -1] if arguments else None)
    return annotation, field


def _unwrapped(annotation: Any) -> Any:
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = get_args(annotation)[0]
    return annotation
