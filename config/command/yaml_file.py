"""Read a stack file without Pulumi, but as Pulumi reads it, and find every key that is set twice.

Pulumi parses YAML with Go's yaml.v3, which mostly follows YAML 1.2: `yes` is a string, and `0xD4…` is a number only if
it fits 64 bits.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigurationError, Problem
from config.models.yaml_error import invalid_yaml

_MAX_DEPTH = 50

Duplicates = list[tuple[tuple[str, ...], list[int]]]
"""The path and the lines (from 1) of each key that is set more than once."""


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's name and type
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Limit the depth, because PyYAML calls itself for each level and would reach Python's recursion limit."""
        if self._depth == _MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, f"more than {_MAX_DEPTH} values are nested", mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    text = str(loader.construct_scalar(node)).replace("_", "")
    octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
    try:
        number = int(octal[1] + octal[2], 8) if octal else int(text, 0)
    except ValueError:  # no digits, such as `0x_`, or more digits than Python parses
        return str(node.value)
    if -(2**63) <= number < 2**64:
        return number
    return str(node.value) if re.match(r"[-+]?0[xob]", text) else _number(loader, node)


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    number = float(str(loader.construct_scalar(node)).replace("_", ""))
    if math.isinf(number):
        return str(node.value)  # Go keeps a number that does not fit a float64 as a string
    return int(number) if number.is_integer() else number  # Pulumi passes the value to the program as JSON


_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"<<$"), ["<"])
_Loader.add_implicit_resolver(
    _INT, re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|0[0-7_]*|[1-9][0-9_]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    _FLOAT, re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), list("-+.0123456789")
)
_Loader.add_constructor(_INT, _integer)
_Loader.add_constructor(_FLOAT, _number)


def read_yaml(path: Path) -> tuple[Any, Duplicates]:
    """Return the content of a YAML file and its duplicate keys.

    Raise ConfigurationError if the file cannot be read or is not valid YAML, with the position and the reason.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigurationError([Problem(str(path), f"cannot be read: {reason}")]) from error
    try:
        return _parse(text)
    except yaml.YAMLError as error:
        raise ConfigurationError([Problem(str(path), invalid_yaml(error, text))]) from error
    except RecursionError as error:  # aliases may nest values more deeply than the text does
        raise ConfigurationError([Problem(str(path), "is nested too deeply")]) from error


def _parse(text: str) -> tuple[Any, Duplicates]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        duplicates = list(_duplicates(root, ()))
        return loader.construct_document(root) if root else None, duplicates
    finally:
        loader.dispose()


def _duplicates(
    node: yaml.Node | None, path: tuple[str, ...], ancestors: tuple[yaml.Node, ...] = ()
) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Raise ConstructorError for a value that contains itself, which JSON cannot express."""
    if any(node is ancestor for ancestor in ancestors):
        raise yaml.constructor.ConstructorError(None, None, "a value contains itself", ancestors[-1].start_mark)
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _duplicates(item, (*path, str(position)), (*ancestors, node))
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, list[int]] = {}
    for key, value in node.value:
        lines.setdefault(str(key.value), []).append(key.start_mark.line + 1)
        yield from _duplicates(value, (*path, str(key.value)), (*ancestors, node))
    yield from (((*path, key), found) for key, found in lines.items() if len(found) > 1)
