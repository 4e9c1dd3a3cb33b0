"""Read a stack file without Pulumi, but as Pulumi reads it, and find every key that is set twice."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from config.command.yaml_scalars import STARTS_OF_NUMBERS, is_octal, resolve
from config.errors import ConfigurationError, Problem
from config.models.limited_yaml import LimitedLoader, check_aliases
from config.models.yaml_error import invalid_yaml

_NUMBER = "tag:hoprd,2026:number"


@dataclass(frozen=True)
class YamlFile:
    """The content of a file.

    duplicates: the path and the lines (from 1) of each key that is set more than once. octals: the line, the text and
    the value of each number with a leading zero.
    """

    content: Any
    duplicates: list[tuple[tuple[str, ...], list[int]]] = field(default_factory=list)
    octals: list[tuple[int, str, int]] = field(default_factory=list)


class _Loader(LimitedLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's name and type


def _number(_loader: _Loader, node: yaml.ScalarNode) -> str | int | float:
    try:
        return resolve(str(node.value))
    except ValueError as error:
        raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from None


def _text_of_binary(loader: _Loader, node: yaml.ScalarNode) -> str:
    return loader.construct_yaml_binary(node).decode("utf-8", "replace")


def _unsupported(_loader: _Loader, node: yaml.Node) -> Any:
    tag = node.tag.removeprefix("tag:yaml.org,2002:")
    raise yaml.constructor.ConstructorError(None, None, f"the tag '!!{tag}' is not supported", node.start_mark)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"<<$"), ["<"])
_Loader.add_implicit_resolver(_NUMBER, re.compile(r"[-+.0-9].*$"), list(STARTS_OF_NUMBERS))
for _tag in (_NUMBER, "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
    _Loader.add_constructor(_tag, _number)
_Loader.add_constructor("tag:yaml.org,2002:binary", _text_of_binary)
for _tag in ("timestamp", "set", "omap", "pairs"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _unsupported)


def read_yaml(path: Path) -> YamlFile:
    """Return the content of a YAML file, its duplicate keys and its octal numbers.

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


def _parse(text: str) -> YamlFile:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        check_aliases(root)
        file = YamlFile(loader.construct_document(root) if root else None)
        if root:
            _inspect(root, (), file, set())
        return file
    finally:
        loader.dispose()


def _inspect(node: yaml.Node, path: tuple[str, ...], file: YamlFile, seen: set[int]) -> None:
    """Collect duplicates and octals; an alias is the same node, and each node is inspected once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _inspect(item, (*path, str(position)), file, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, list[int]] = {}
        for key, value in node.value:
            lines.setdefault(str(key.value), []).append(key.start_mark.line + 1)
            _inspect(value, (*path, str(key.value)), file, seen)
        file.duplicates.extend(((*path, key), found) for key, found in lines.items() if len(found) > 1)
    elif node.tag == _NUMBER and is_octal(node.value):
        file.octals.append((node.start_mark.line + 1, node.value, int(resolve(node.value))))
