"""Amounts are exact, addresses checksummed, URLs redacted, and names valid in Kubernetes."""

from fractions import Fraction
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from config.models.names import Image, Name, Repository
from config.models.scalars import Address, Amount, half, redact_url

_WEI = st.integers(min_value=0, max_value=10**40)


@given(_WEI)
def test_an_amount_round_trips_through_its_text(wei: int) -> None:
    amount = Amount.from_wei(wei)
    assert amount.wei == wei
    assert Amount(str(amount)) == amount


@given(_WEI)
def test_an_amounts_text_is_canonical_and_exact(wei: int) -> None:
    text = str(Amount.from_wei(wei))
    assert Fraction(text) * 10**18 == wei
    assert "." not in text or not text.endswith(("0", "."))


@given(_WEI, _WEI)
def test_amounts_compare_as_their_wei(one: int, other: int) -> None:
    assert (Amount.from_wei(one) < Amount.from_wei(other)) == (one < other)


@given(_WEI)
def test_half_is_rounded_down_to_the_wei(wei: int) -> None:
    assert half(Amount.from_wei(wei)).wei == wei // 2


@pytest.mark.parametrize(
    ("text", "wei"), [("0.1", 10**17), ("10", 10**19), ("0.000000000000000001", 1), ("007.50", 75 * 10**17)]
)
def test_an_amount_is_parsed_exactly(text: str, wei: int) -> None:
    assert Amount(text).wei == wei


@pytest.mark.parametrize(
    "text", ["", ".5", "1.", "1e3", "-1", "+1", "1,5", "0x10", " 1", "1\n", "٣", "NaN", "0." + "0" * 18 + "1"]
)
def test_other_texts_are_not_amounts(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Amount(text)


@given(st.binary(min_size=20, max_size=20).filter(any))
def test_an_address_in_lower_case_is_checksummed(raw: bytes) -> None:
    address: TypeAdapter[str] = TypeAdapter(Address)
    assert address.validate_python("0x" + raw.hex()) == to_checksum_address(raw)


def test_an_address_with_a_typo_is_refused() -> None:
    with pytest.raises(ValidationError, match="wrong checksum"):
        TypeAdapter(Address).validate_python("0xd4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@rpc.example.com:8443/v1/KEY?token=KEY#KEY", "https://rpc.example.com:8443"),
        ("wss://rpc.example.com/KEY", "wss://rpc.example.com"),
        ("http://127.0.0.1:18545", "http://127.0.0.1:18545"),
        ("http://[::1]:8545/KEY", "http://[::1]:8545"),
        ("KEY", "(not a URL)"),
        ("http://host:KEY/", "(not a URL)"),
        ("http://[KEY", "(not a URL)"),
    ],
)
def test_a_url_is_shown_without_parts_that_may_contain_a_key(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@given(st.text())
def test_redacting_never_fails(text: str) -> None:
    redact_url(text)
    redact_url(f"https://{text}")


def _accepts(annotation: Any, value: str) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("annotation", "value", "valid"),
    [
        (Name, "core-1", True),
        (Name, "a" * 63, True),
        (Name, "a" * 64, False),
        (Name, "1core", False),
        (Name, "core-", False),
        (Name, "core\n", False),
        (Image, "docker.io/library/alpine:3.22", True),
        (Image, "registry:5000/team/app@sha256:" + "0" * 64, True),
        (Image, "Alpine", False),
        (Image, "alpine:", False),
        (Repository, "alpine:3.22", False),
        (Repository, "registry:5000/team/app", True),
    ],
)
def test_names_and_images(annotation: Any, value: str, valid: bool) -> None:
    assert _accepts(annotation, value) is valid
