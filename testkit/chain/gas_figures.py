"""Compares gas on the development chain with docs/protocol.md#gas, measured on the real contracts."""

from __future__ import annotations

import pytest

MOST_DEVIATION = 0.15
"""The largest relative deviation from the real contracts that the project accepts."""


def assert_close_to_the_real_contracts(measured: float, real: int) -> None:
    print(f"gas {measured:,.0f}, real contracts {real:,}: {measured / real - 1:+.1%}")  # noqa: T201
    assert measured == pytest.approx(real, rel=MOST_DEVIATION)
