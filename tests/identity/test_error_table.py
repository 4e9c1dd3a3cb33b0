"""docs/operations.md explains every contract error and every kind of endpoint error that the program recognises.

The tests compare names of errors and messages of Ethereum clients, never the sentences of the program or of the page.
"""

from pathlib import Path

import pytest

from identity.chain.refusals import classify
from identity.errors import Refusal
from identity.evm import reverts

_DOCUMENT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
_TABLES = _DOCUMENT[_DOCUMENT.index("## Contract and endpoint errors") :].partition("### This program")[0]


def _explained() -> set[str]:
    """The errors in the first column of the tables, each between backticks."""
    cells = [row.split("|")[1] for row in _TABLES.splitlines() if row.startswith("| `")]
    return {name for cell in cells for name in cell.split("`")[1::2]}


_CONTRACT_ERRORS = [
    *(signature.partition("(")[0] for signature in reverts._CONTRACT_ERRORS),
    *reverts._REVERT_TEXTS,
    *(f"Panic(0x{code:02x})" for code in reverts._PANICS),
]


@pytest.mark.parametrize("name", _CONTRACT_ERRORS)
def test_every_revert_reason_is_documented(name: str) -> None:
    assert f"`{name}`" in _TABLES


@pytest.mark.parametrize("refusal", [refusal for refusal in Refusal if refusal is not Refusal.OTHER])
def test_every_endpoint_refusal_is_documented(refusal: Refusal) -> None:
    assert refusal in {classify(message)[0] for message in _explained()}
