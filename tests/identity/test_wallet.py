"""Fees stay below the cap; an address without a key cannot sign."""

import pytest
from pydantic import SecretStr

from config.models.chain import ChainSettings
from config.models.wallet import Wallet
from identity.errors import FeeAboveCap, WalletCannotSign
from identity.secrets.signers import signers_of
from identity.secrets.sources import secrets_of
from identity.submission.wallet import GWEI, Fees, fees_at

CHAIN_SETTINGS = ChainSettings(rpc_url=SecretStr("http://127.0.0.1:1"), max_fee_gwei=10, priority_fee_gwei=2)


@pytest.mark.parametrize(
    ("base_gwei", "max_fee_gwei", "priority_gwei"), [(1, 4, 2), (0, 2, 2), (4, 10, 2), (9, 10, 2), (10, 10, 2)]
)
def test_the_fee_leaves_room_for_the_base_fee_to_double_within_the_cap(
    base_gwei: int, max_fee_gwei: int, priority_gwei: int
) -> None:
    assert fees_at(base_gwei * GWEI, CHAIN_SETTINGS) == Fees(max_fee_gwei * GWEI, priority_gwei * GWEI)


def test_a_base_fee_above_the_cap_is_an_error_with_both_numbers() -> None:
    with pytest.raises(FeeAboveCap, match=r"base fee is 12\.50 gwei, above the maximum of 10: wait, or raise it"):
        fees_at(25 * GWEI // 2, CHAIN_SETTINGS)


def test_the_error_for_an_address_without_a_key_names_the_settings() -> None:
    wallet = Wallet(address="0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69", identity_password=SecretStr("planted"))
    with pytest.raises(WalletCannotSign, match=r"set wallet\.privateKey") as caught:
        signers_of(wallet, secrets_of(wallet))
    assert "planted" not in str(caught.value)
