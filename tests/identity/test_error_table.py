"""docs/operations.md explains every refusal that the program knows by name, and quotes only what the program says."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from identity.evm import reverts
from identity.evm.reverts import Refusal, classify

_CHECKOUT = Path(__file__).parents[2]
_DOCUMENT = (_CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
_ANSWERS = _DOCUMENT[_DOCUMENT.index("## Contract and endpoint errors") :]
_ENDPOINTS = _ANSWERS[_ANSWERS.index("### Endpoints") : _ANSWERS.index("### This program")]
_OURS = _ANSWERS[_ANSWERS.index("### This program") :].partition("\n## ")[0]
_ANYTHING = "…"


_NAMES = [
    *(signature.partition("(")[0] for signature in reverts._CONTRACT_ERRORS),
    *reverts._REVERT_TEXTS,
    *(f"Panic(0x{code:02x})" for code in reverts._PANICS),
]


@pytest.mark.parametrize("name", _NAMES)
def test_every_revert_reason_is_documented(name: str) -> None:
    assert f"`{name}`" in _ANSWERS


@pytest.mark.parametrize("refusal", [refusal for refusal in Refusal if refusal is not Refusal.OTHER])
def test_every_refusal_of_an_endpoint_is_documented(refusal: Refusal) -> None:
    assert refusal in {classify(word)[0] for word in _quoted(_ENDPOINTS)}


def test_every_documented_message_exists_in_the_code() -> None:
    quoted = _quoted(_OURS)
    assert len(quoted) >= _OURS.count("\n| `") > 0
    assert _unsaid(quoted) == []


def test_an_outdated_quotation_is_found() -> None:
    outdated = "| `is bound to Safe …` | |\n| `is bound to the Safe …`, `the journal … was eaten` | `x` |\n"
    assert _unsaid(_quoted(outdated)) == ["is bound to the Safe …", "the journal … was eaten"]


def test_docstrings_are_not_messages() -> None:
    assert list(_texts_in(ast.parse('"""Eats it."""\nx = f"it eats {y}" " up"'))) == ["it eats … up"]


def _quoted(table: str) -> list[str]:
    """What the first column of a table has between backticks."""
    words = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    return [word for cell in words for word in cell.split("`")[1::2]]


def _unsaid(quoted: Iterable[str]) -> list[str]:
    """What occurs in no text of the code; an ellipsis stands for anything, here and for what the code fills in."""
    patterns = {words: re.compile(".*".join(map(re.escape, words.split(_ANYTHING)))) for words in quoted}
    return [words for words, pattern in patterns.items() if not any(map(pattern.search, _texts()))]


@cache
def _texts() -> frozenset[str]:
    files = [file for package in ("config", "identity") for file in (_CHECKOUT / package).rglob("*.py")]
    return frozenset(text for file in files for text in _texts_in(ast.parse(file.read_text(encoding="utf-8"))))


def _texts_in(module: ast.Module) -> Iterator[str]:
    """Every whole text of a module but its docstrings, an ellipsis for each value in it."""
    trees = list(ast.walk(module))
    docstrings = {id(tree.value) for tree in trees if isinstance(tree, ast.Expr)}
    parts = {id(part) for tree in trees if isinstance(tree, ast.JoinedStr) for part in tree.values}
    for tree in trees:
        if id(tree) in docstrings | parts:
            continue
        if isinstance(tree, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else _ANYTHING for part in tree.values)
        elif isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            yield tree.value
