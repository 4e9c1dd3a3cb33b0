"""Fees on both sides of each boundary, and a signed transaction field by field."""

import pytest
from eth_account import Account
from pydantic import SecretStr

from config.models.chain import ChainSettings
from identity.errors import FeeAboveCap
from identity.evm.calls import Call
from identity.secrets.signers import LocalSigner
from identity.submission.wallet import Fees, fees_at, outbid, sign

KEY = b"\x07" * 32
TARGET = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
GWEI = 1_000_000_000
CAP_GWEI = 10


def settings(priority_fee_gwei: int = 2, max_fee_gwei: int = CAP_GWEI) -> ChainSettings:
    return ChainSettings(
        rpc_url=SecretStr("http://127.0.0.1:1"), max_fee_gwei=max_fee_gwei, priority_fee_gwei=priority_fee_gwei
    )


@pytest.mark.parametrize(
    ("base_fee_wei", "max_fee_wei"),
    [
        (0, 2 * GWEI),
        (1, 2 * GWEI + 2),
        (4 * GWEI - 1, 10 * GWEI - 2),
        (4 * GWEI, 10 * GWEI),
        (4 * GWEI + 1, 10 * GWEI),
        (10 * GWEI, 10 * GWEI),
    ],
)
def test_the_maximum_fee_is_twice_the_base_fee_and_the_tip_up_to_the_cap(base_fee_wei: int, max_fee_wei: int) -> None:
    assert fees_at(base_fee_wei, settings()) == Fees(max_fee_wei, 2 * GWEI)


def test_the_tip_is_never_above_the_maximum_fee() -> None:
    assert fees_at(1, settings(priority_fee_gwei=0)) == Fees(2, 0)
    assert fees_at(0, settings(priority_fee_gwei=CAP_GWEI)) == Fees(10 * GWEI, 10 * GWEI)


def test_a_base_fee_one_wei_above_the_cap_cannot_be_mined() -> None:
    assert fees_at(CAP_GWEI * GWEI, settings()).max_fee_wei == CAP_GWEI * GWEI
    with pytest.raises(FeeAboveCap, match=r"^chain\.maxFeeGwei: .*\b10\.00 gwei.*\b10\b"):
        fees_at(CAP_GWEI * GWEI + 1, settings())


@pytest.mark.parametrize(
    ("fee_wei", "bumped_wei"),
    [(8, 9), (16, 18), (9, 11), (7, 8), (1, 2), (0, 0), (800, 900), (801, 902)],
)
def test_a_replacement_offers_an_eighth_more_rounded_up(fee_wei: int, bumped_wei: int) -> None:
    assert outbid(Fees(fee_wei, 0), settings()) == Fees(bumped_wei, 0)
    assert outbid(Fees(1, fee_wei), settings()) == Fees(2, bumped_wei)


def test_a_replacement_stays_within_the_cap() -> None:
    cap = settings(max_fee_gwei=9)
    assert outbid(Fees(8 * GWEI, GWEI), cap) == Fees(9 * GWEI, 9 * GWEI // 8)
    assert outbid(Fees(8 * GWEI + 1, GWEI), cap) is None


@pytest.mark.parametrize("call", [Call(TARGET), Call(TARGET, b"\x01\x02", 7)])
def test_a_transaction_is_signed_as_eth_account_signs_it(call: Call) -> None:
    signed = sign(LocalSigner(KEY), 100, call, nonce=3, gas_limit=21_000, fees=Fees(5, 2))
    expected = Account.from_key(KEY).sign_transaction(
        {
            "type": 2,
            "chainId": 100,
            "nonce": 3,
            "maxFeePerGas": 5,
            "maxPriorityFeePerGas": 2,
            "gas": 21_000,
            "to": TARGET,
            "value": call.value_wei,
            "data": call.data,
            "accessList": [],
        }
    )
    assert signed.raw == bytes(expected.raw_transaction)
    assert signed.hash == "0x" + bytes(expected.hash).hex()
    assert (signed.nonce, signed.call, signed.fees) == (3, call, Fees(5, 2))
