"""Names are short in the summary, whatever their number."""

import pytest

from config.validation.folding import folded


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["core-1"], "core-1"),
        (["core-2", "core-1", "core-3"], "core-1…3"),
        ([f"core-{number}" for number in range(1, 101)], "core-1…100"),
        (["core-1", "core-3", "core-4", "edge-4"], "core-1, core-3…4, edge-4"),
        (["spare", "core-9", "core-10"], "core-9…10, spare"),
        (["core-01", "core-1"], "core-1, core-01"),
        ([f"a-{number}" for number in range(1, 20, 2)], "a-1, a-3, a-5, a-7, a-9, a-11 and 4 more"),
    ],
)
def test_consecutive_numbers_are_a_range(names: list[str], text: str) -> None:
    assert folded(names) == text
