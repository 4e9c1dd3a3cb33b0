"""Finds values in a node's configuration that are probably secret, by their names and their forms."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import yaml

from config.models.limited_yaml import compose

CONCEALED = "[secret]"
ALL_CONCEALED = "# Secret: the configuration is in the Secret of each node.\n{}\n"
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_NAMES = re.compile(
    r"pass(?:word|wd|phrase|code)?$|passw|secret|tokens?$|mnemonic|credential|authorization|api_?key|private_?key|bearer"
    r"|(?:^|_)(?:auth|pwd|seeds?|seed_?(?:phrase|words))$"
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-. ]")
_URL = re.compile(r"\b\w[\w+.-]{0,30}://\S+")  # the limit keeps the search linear in a long word
_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----")
_NOT_SECRET = frozenset({"true", "false", "null", "~", "none"})  # hoprd's `auth: None` is one
_LONG = re.compile(r"[0-9A-Za-z_-]{20,}")
_IN_QUERY = re.compile(r"(?i)key|token|auth|secret|pass")


def is_likely_secret(name: str, value: str) -> bool:
    """Return whether a value is one that must not be shown; `name` is its key or variable."""
    text = value.strip()
    if not text or text.lower() in _NOT_SECRET:
        return False
    is_key = _KEY.fullmatch(text) or _PRIVATE_KEY.search(text)
    return _is_secret_name(name) or bool(is_key) or any(map(_has_key, _URL.findall(value)))


def secret_paths(text: str) -> list[str]:
    """Return the path of each value in a YAML text that is probably secret, and the lines of such comments."""
    return [path for path, _ in _found(text)] + _comments(text)


def concealed(text: str) -> str:
    """Return a YAML text with `[secret]` in place of each value that is probably secret, and then without comments.

    If that is no YAML mapping, the text as a whole is concealed.
    """
    if not secret_paths(text):
        return text
    shown = text
    marks = {(node.start_mark.index, node.end_mark.index) for _, node in _found(text)}
    for start, end in sorted(marks, reverse=True):
        line_end = "\n" if text[start:end].endswith("\n") else ""
        shown = f"{shown[:start]}'{CONCEALED}'{line_end}{shown[end:]}"
    shown = _COMMENT.sub("", shown)
    try:
        valid = isinstance(compose(shown), yaml.MappingNode) and not secret_paths(shown)
    except yaml.YAMLError:
        valid = False
    return shown if valid else ALL_CONCEALED


def _comments(text: str) -> list[str]:
    found: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for comment in _COMMENT.findall(line):
            name, _, value = comment.strip(" #\t").partition(":")
            if is_likely_secret("", comment) or (re.fullmatch(r"[\w.-]+", name) and is_likely_secret(name, value)):
                found.append(f"(comment in line {number})")
    return found


def _found(text: str) -> Iterator[tuple[str, yaml.ScalarNode]]:
    root = compose(text)
    return _scalars(root, "", "") if root else iter(())


def _scalars(node: yaml.Node, path: str, name: str) -> Iterator[tuple[str, yaml.ScalarNode]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            key_text = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            deeper = f"{path}.{key_text}" if path else key_text
            yield from _scalars(value, deeper, name if _is_secret_name(name) else key_text)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _scalars(item, f"{path}[{position}]", name)
    elif isinstance(node, yaml.ScalarNode) and node.value != CONCEALED and is_likely_secret(name, node.value):
        yield path, node


def _is_secret_name(name: str) -> bool:
    return bool(_NAMES.search(_WORDS.sub("_", name).lower()))


def _has_key(url: str) -> bool:
    """Return whether a URL has a user, a long part that looks generated, or a query parameter named like a key."""
    try:
        parts = urlsplit(url)
        generated = any(map(_is_generated, _LONG.findall(parts.path)))
        in_query = any(_IN_QUERY.search(name) or _LONG.search(value) for name, value in parse_qsl(parts.query))
        return bool(parts.username or parts.password) or generated or in_query
    except ValueError:
        return False


def _is_generated(part: str) -> bool:
    return any(char.isdigit() for char in part) or (part.lower() != part and "-" not in part and "_" not in part)
