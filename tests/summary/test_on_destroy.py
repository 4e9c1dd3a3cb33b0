"""The stack outputs say what a destroy does to money and volumes."""

import pytest

from config.models.pools import Pool
from summary.on_destroy import on_destroy

WALLET = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
STATE = {
    "nativeAddress": "0x1",
    "safeAddress": "0x2",
    "moduleAddress": "0x3",
    "nodeXdaiWei": "100000000000000000",
    "safeWxhoprWei": "10000000000000000000",
}
IDENTITIES = {f"core-{number}": STATE for number in range(1, 8)}


@pytest.mark.parametrize(
    ("drains", "retains", "text"),
    [
        (False, True, "7 identities are left behind on chain with 0.7 xDai and 70 wxHOPR; 7 volumes stay"),
        (False, False, "7 identities are left behind on chain with 0.7 xDai and 70 wxHOPR; 7 volumes are deleted"),
        (True, True, f"7 identities are drained: about 0.7 xDai and 70 wxHOPR move to wallet {WALLET}; 7 volumes stay"),
    ],
)
def test_money_and_volumes_are_named(drains: bool, retains: bool, text: str) -> None:
    pool = Pool(size=7, drain_on_destroy=drains, retain_volumes=retains)
    assert on_destroy("core", pool, IDENTITIES, WALLET) == f"{text} (as of the last change or refresh)"
