"""How the chain is reached and paid (`Chain`), and who pays (`Wallet`)."""

import re
from typing import Annotated, Any, Self

from eth_keys.datatypes import PrivateKey
from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.model import Model
from config.scalars import Address, broken, check_rpc_url, contradicts

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def _rpc_url(value: SecretStr) -> SecretStr:
    check_rpc_url(value.get_secret_value())
    return value


def _private_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", text):
        raise broken("is not a private key: 64 hex digits, with or without 0x, are needed")
    if not 0 < int(text, 16) < CURVE_ORDER:
        raise broken("is not a private key of secp256k1: it is zero or too large")
    return value


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise broken("is empty")
    return value


PrivateKeyHex = Annotated[SecretStr, AfterValidator(_private_key)]
Password = Annotated[SecretStr, AfterValidator(_not_empty)]


class Chain(Model):
    """RPC endpoint, fees and finality of the chain that the network is on."""

    rpc_url: Annotated[SecretStr, AfterValidator(_rpc_url), Field(examples=["https://rpc.gnosischain.com"])]
    """JSON-RPC endpoint; where it holds a provider's key, set it with --secret. Messages show scheme and host alone."""
    max_fee_gwei: int = Field(default=10, ge=1, le=10_000, examples=[10])
    """Most that one gas may cost in all (maxFeePerGas), gwei."""
    priority_fee_gwei: int = Field(default=2, ge=0, le=10_000, examples=[2])
    """Tip for the block's maker (maxPriorityFeePerGas), gwei."""
    confirmations: int = Field(default=8, ge=1, le=64, examples=[8])
    """Blocks a transaction must be deep before it counts; 1 means mined."""
    block_time_s: int = Field(default=5, ge=0, le=600, examples=[5])
    """Seconds between blocks; 0 for a development chain that mines at once."""
    block_gas_limit: int = Field(default=16_700_000, ge=1_000_000, examples=[16_700_000])
    """Most gas that one transaction may use."""

    @field_validator("priority_fee_gwei")
    @classmethod
    def _within_the_maximum(cls, value: int, info: ValidationInfo) -> int:
        max_fee_gwei = info.data.get("max_fee_gwei")
        if max_fee_gwei is not None and value > max_fee_gwei:
            raise contradicts(f"is more than maxFeeGwei ({max_fee_gwei}), which includes it")
        return value


def address_of(private_key: SecretStr) -> str:
    """The checksummed address of a private key given as hex."""
    key_bytes = bytes.fromhex(private_key.get_secret_value().removeprefix("0x"))
    return PrivateKey(key_bytes).public_key.to_checksum_address()


def _derived(data: dict[str, Any]) -> str:
    return address_of(data["private_key"]) if data["private_key"] else ""


class Wallet(Model):
    """The deployer's account: owns the Safes, funds the nodes, registers them; and the two passwords of the nodes."""

    private_key: PrivateKeyHex | None = None
    """Key of the account, hex; secret. Without it, `address` must be given and nothing can be signed."""
    address: Address = Field(default_factory=_derived)
    """Address of the account; derived from the key, and checked against it when given."""
    identity_password: Password
    """Encrypts the identity files; secret."""
    previous_identity_password: Password | None = None
    """The password before a change of identityPassword: files it opens are encrypted anew; secret, remove it then."""
    api_token: Password | None = None
    """Token of the nodes' API; secret. Needed for pools without a `secretName`."""

    @field_validator("address")
    @classmethod
    def _belongs_to_the_key(cls, address: str, info: ValidationInfo) -> str:
        private_key = info.data.get("private_key")
        if private_key is not None and address_of(private_key) != address:
            raise contradicts(
                f"is not the address of privateKey, which is {address_of(private_key)}; remove one of them"
            )
        return address

    @model_validator(mode="after")
    def _known_account(self) -> Self:
        if not self.address:
            raise PydanticCustomError("no_account", "neither private_key nor address is given")
        return self
