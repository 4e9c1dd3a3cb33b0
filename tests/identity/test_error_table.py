"""docs/operations.md explains every refusal that the program knows by name."""

from pathlib import Path

import pytest

from identity.evm import reverts
from identity.evm.reverts import Refusal, classify

_DOCUMENT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
_ANSWERS = _DOCUMENT[_DOCUMENT.index("## What the chain may answer") :]
_ENDPOINTS = _ANSWERS[_ANSWERS.index("### Endpoints") : _ANSWERS.index("### This program")]


_NAMES = [
    *(signature.partition("(")[0] for signature in reverts._CONTRACT_ERRORS),
    *reverts._REVERT_TEXTS,
    *(f"Panic(0x{code:02x})" for code in reverts._PANICS),
]


@pytest.mark.parametrize("name", _NAMES)
def test_what_contracts_say_is_explained(name: str) -> None:
    assert f"`{name}`" in _ANSWERS


@pytest.mark.parametrize("refusal", [refusal for refusal in Refusal if refusal is not Refusal.OTHER])
def test_what_endpoints_say_is_explained(refusal: Refusal) -> None:
    words = [row.split("|")[1] for row in _ENDPOINTS.splitlines() if row.startswith("| `")]
    said = [word for cell in words for word in cell.split("`")[1::2]]
    assert refusal in {classify(word)[0] for word in said}
