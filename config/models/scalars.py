"""Annotated types for single values: amounts, addresses, URLs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from eth_utils.address import to_checksum_address
from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainValidator, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

WEI_DIGITS = 18
_MOST_TOKENS = 10**12  # no token that nodes use has so many; a larger amount is meant as wei
_DECIMAL = re.compile(r"([0-9]{1,30})(?:[.]([0-9]+))?")
_SCIENTIFIC = re.compile(r"[0-9.]+[eE][+-]?[0-9]+")
_NOT_IN_WEI = "is not allowed: write amounts in whole xDai or wxHOPR, not in wei, and without an exponent"
_AMOUNT_PATTERN = "0*[0-9]{1,12}([.][0-9]{1,18})?"
_AMOUNT_SCHEMA = {"type": ["string", "integer"], "minimum": 0, "exclusiveMaximum": _MOST_TOKENS}
NOT_A_URL = "(not a URL)"
_ZERO_ADDRESS = "0x" + "0" * 40


def contradicts(rule: str) -> PydanticCustomError:
    """The error of a value that conflicts with another value. Its message has no example, which would not help."""
    return PydanticCustomError("contradiction", rule)


def broken(rule: str) -> PydanticCustomError:
    """The error of a value that breaks a rule. The value and `rule` together are a sentence."""
    return PydanticCustomError("rule", rule)


@dataclass(frozen=True, order=True)
class Amount:
    """An amount of xDai or wxHOPR, exact to the wei: `Amount("0.1").wei == 10**17`. `str()` is its canonical decimal.

    Raises ValueError for a text that is not a non-negative decimal number with at most 18 decimal places.
    """

    wei: int

    def __init__(self, decimal_text: str) -> None:
        match = _DECIMAL.fullmatch(decimal_text)
        if match is None:
            if decimal_text.startswith("-"):
                raise ValueError("is negative; an amount is zero or more")
            raise ValueError("is not a decimal number")
        whole, fraction = match[1], match[2] or ""
        if len(fraction) > WEI_DIGITS:
            raise ValueError(f"has {len(fraction)} decimal places; at most {WEI_DIGITS} are allowed")
        object.__setattr__(self, "wei", int(whole + fraction.ljust(WEI_DIGITS, "0")))

    @classmethod
    def from_wei(cls, wei: int) -> "Amount":
        """The amount of `wei`, which must not be negative."""
        whole, fraction = divmod(wei, 10**WEI_DIGITS)
        return cls(f"{whole}.{fraction:0{WEI_DIGITS}d}")

    def __str__(self) -> str:
        whole, fraction = divmod(self.wei, 10**WEI_DIGITS)
        digits = f"{fraction:0{WEI_DIGITS}d}".rstrip("0")
        return f"{whole}.{digits}" if digits else str(whole)

    def __repr__(self) -> str:
        return f"Amount({str(self)!r})"

    @classmethod
    def _validate(cls, value: object) -> "Amount":
        if isinstance(value, cls):
            return value
        if isinstance(value, float):
            raise broken("is a floating-point number, which may have lost digits; write the amount in quotes")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise PydanticCustomError("amount_type", "amount")
        text = str(value)
        if _SCIENTIFIC.fullmatch(text) or (text.isdecimal() and not _DECIMAL.fullmatch(text)):
            raise contradicts(_NOT_IN_WEI)
        try:
            amount = cls(text)
        except ValueError as error:
            raise broken(str(error)) from None
        if amount.wei >= _MOST_TOKENS * 10**WEI_DIGITS:
            meant = cls.from_wei(amount.wei // 10**WEI_DIGITS)
            raise contradicts(f"{_NOT_IN_WEI}; did you mean '{meant}'?")
        return amount

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**_AMOUNT_SCHEMA, "pattern": rf"^{_AMOUNT_PATTERN}$"}


def amount_text(wei: int) -> str:
    """Format wei (not negative) as a decimal number of whole tokens: `amount_text(10**17) == "0.1"`."""
    return str(Amount.from_wei(wei))


def half(amount: Amount) -> Amount:
    """Half of an amount, rounded down to the wei."""
    return Amount.from_wei(amount.wei // 2)


def _amount_or_unlimited(value: object) -> "Amount | Literal['unlimited']":
    return "unlimited" if value == "unlimited" else Amount._validate(value)


Allowance = Annotated[
    Amount | Literal["unlimited"],
    PlainValidator(_amount_or_unlimited),
    WithJsonSchema({**_AMOUNT_SCHEMA, "pattern": rf"^(unlimited|{_AMOUNT_PATTERN})$"}),
]


def _checksummed(value: str) -> str:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        raise broken("is not an address (0x and 40 hex digits)")
    if value == _ZERO_ADDRESS:
        raise broken("is the zero address")
    checksummed: str = to_checksum_address(value)
    if value[2:] != value[2:].lower() and value != checksummed:
        raise contradicts("has a wrong checksum, so at least one character is wrong; compare it with the source")
    return checksummed


Address = Annotated[
    str,
    AfterValidator(_checksummed),
    Field(examples=["0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1"]),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}),
]
"""An EIP-55 address. Lower-case input is checksummed; mixed-case input with a wrong checksum is an error."""


def _url(schemes: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            parts = urlsplit(value)
            valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and " " not in value
        except ValueError:
            valid = False
        if not valid:
            raise broken(f"is not a URL that starts with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return value

    return check


HttpUrl = Annotated[str, AfterValidator(_url(("http", "https")))]


def redact_url(url: str) -> str:
    """Reduce a URL to scheme, host and port, because RPC providers put keys into user, path and query."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return NOT_A_URL
    return f"{parts.scheme}://{host}{port}" if parts.scheme and host else NOT_A_URL


def check_rpc_url(url: str) -> str:
    """Return the URL. Raise a rule error if it is not an http or https URL, which the chain client requires."""
    return _url(("http", "https"))(url)
