"""Stack files read without Pulumi, as Pulumi reads them, but with every key that is given twice found.

Pulumi's YAML is Go's yaml.v3, which mostly follows YAML 1.2: `yes` is text, `0xD4…` is a number if it fits 64 bits.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigurationError, Problem


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's name and type


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    text = str(loader.construct_scalar(node)).replace("_", "")
    octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
    number = int(octal[1] + octal[2], 8) if octal else int(text, 0)
    if -(2**63) <= number < 2**64:
        return number
    return node.value if "x" in text else float(number)


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float:
    number = float(str(loader.construct_scalar(node)))
    return int(number) if number.is_integer() else number  # as JSON, in which the program gets it


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
_Loader.add_constructor(_INT, _whole_number)
_Loader.add_constructor(_FLOAT, _number)


def read_yaml(path: Path) -> tuple[Any, list[tuple[tuple[str, ...], list[int]]]]:
    """The content of a YAML file and, for each key that is given more than once, its path and lines (from 1).

    Raises ConfigurationError if there is no such file, it cannot be read, or it is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigurationError([Problem(str(path), f"cannot be read: {reason}")]) from error
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        given_twice = list(_given_twice(root, ()))
        content = loader.construct_document(root) if root else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", see line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigurationError([Problem(str(path), f"is not YAML{where}")]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            [Problem(str(path), "holds a number that is too large or a value that contains itself")]
        ) from error
    finally:
        loader.dispose()
    return content, given_twice


def _given_twice(
    node: yaml.Node | None, path: tuple[str, ...], around: tuple[yaml.Node, ...] = ()
) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Raises ValueError for a value that contains itself: `around` holds the values that this one lies in."""
    if any(node is outer for outer in around):
        raise ValueError
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _given_twice(item, (*path, str(position)), (*around, node))
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, list[int]] = {}
    for key, value in node.value:
        lines.setdefault(str(key.value), []).append(key.start_mark.line + 1)
        yield from _given_twice(value, (*path, str(key.value)), (*around, node))
    yield from (((*path, key), where) for key, where in lines.items() if len(where) > 1)
