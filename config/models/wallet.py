"""Who pays and signs (`Wallet`), and where its key and the nodes' passwords come from."""

import re
from typing import Annotated, Any, Self

from eth_keys.constants import SECPK1_N
from eth_keys.datatypes import PrivateKey
from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.models.model import Model
from config.models.names import AwsName, AwsRegion, ObjectName
from config.models.scalars import Address, broken, contradicts


def _private_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", text):
        raise broken("is not a private key: 64 hex digits, with or without 0x, are needed")
    if not 0 < int(text, 16) < SECPK1_N:
        raise broken("is not a private key of secp256k1: it is zero or too large")
    return value


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise broken("is empty")
    return value


def _seed(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", value.get_secret_value()):
        raise broken("is not a seed: 64 hex digits, with or without 0x, are needed (openssl rand -hex 32)")
    return value


PrivateKeyHex = Annotated[SecretStr, AfterValidator(_private_key)]
Password = Annotated[SecretStr, AfterValidator(_not_empty)]
Seed = Annotated[SecretStr, AfterValidator(_seed)]


def address_of(private_key: SecretStr) -> str:
    """The checksummed address of a private key given as hex."""
    key_bytes = bytes.fromhex(private_key.get_secret_value().removeprefix("0x"))
    return PrivateKey(key_bytes).public_key.to_checksum_address()


class KmsKey(Model):
    """A key of AWS KMS (ECC_SECG_P256K1, sign and verify) that signs without ever leaving it."""

    key_id: AwsName = Field(examples=["alias/hoprd-wallet"])
    """Key id, ARN or alias."""
    region: AwsRegion | None = None
    """Region of the key; by default the one of your AWS configuration."""


class SecretsManagerSecret(Model):
    """A secret of AWS Secrets Manager: JSON with DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD and HOPRD_API_TOKEN."""

    secret_id: AwsName = Field(examples=["prod/hoprd"])
    """Name or ARN of the secret."""
    region: AwsRegion | None = None
    """Region of the secret; by default the one of your AWS configuration."""


class WalletSource(Model):
    """Where the wallet's key and the nodes' passwords lie, if not in this configuration: exactly one of these."""

    kubernetes_secret: ObjectName | None = None
    """A Secret in platform.namespace (DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD, HOPRD_API_TOKEN), read at each run."""
    secrets_manager: SecretsManagerSecret | None = None
    """A secret of AWS Secrets Manager, read at each run."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.kubernetes_secret is None) == (self.secrets_manager is None):
            raise contradicts("needs exactly one of kubernetesSecret and secretsManager")
        return self


def _derived(data: dict[str, Any]) -> str:
    return address_of(data["private_key"]) if data.get("private_key") else ""


def _check_address(address: str, info: ValidationInfo) -> str:
    private_key = info.data.get("private_key")
    if private_key is not None and address_of(private_key) != address:
        raise contradicts(f"is not the address of privateKey, which is {address_of(private_key)}; remove one of them")
    return address


class PreviousWallet(Model):
    """The wallet before a change of wallet: it signs the hand-over of each Safe.

    When `pulumi up` is done, remove it and add its address to `formerAddresses`.
    """

    private_key: PrivateKeyHex | None = None
    """Its key, hex; secret. Or `kms`."""
    kms: KmsKey | None = None
    """Its key in AWS KMS."""
    address: Annotated[Address, AfterValidator(_check_address)] = Field(default_factory=_derived)
    """Its address; derived from privateKey, needed with kms."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.private_key is None) == (self.kms is None):
            raise contradicts("needs exactly one of privateKey and kms")
        if not self.address:
            raise contradicts("needs 'address' beside kms")
        return self


class Wallet(Model):
    """The deployer's account: owns the Safes, funds the nodes, registers them; and the two passwords of the nodes."""

    private_key: PrivateKeyHex | None = None
    """Key of the account, hex; secret. Or `kms`, or `from`; without a key nothing can be signed."""
    kms: KmsKey | None = None
    """Key of the account in AWS KMS, instead of privateKey; needs `address`."""
    source: WalletSource | None = Field(default=None, alias="from")
    """Where privateKey, identityPassword and apiToken lie, instead of here; needs `address`."""
    address: Annotated[Address, AfterValidator(_check_address)] = Field(default_factory=_derived)
    """Address of the account; derived from privateKey, and checked against the key when given."""
    identity_password: Password | None = None
    """Encrypts the identity files; secret."""
    previous_identity_password: Password | None = None
    """The password before a change of identityPassword: files it opens are encrypted anew; secret, remove it then."""
    api_token: Password | None = None
    """Token of the nodes' API; secret. Needed for pools without a `secretName`."""
    identity_seed: Seed | None = None
    """32 bytes, hex, that the keys of pools with `keySource: seed` are derived from; secret. Never change it."""
    previous: PreviousWallet | None = None
    """The wallet before, while Safes are handed over to this one."""
    former_addresses: list[Address] = Field(default_factory=list)
    """Wallets that this stack had earlier: previews and checks find the Safes that they made, also without a state."""

    @property
    def deployers(self) -> tuple[str, ...]:
        """Every wallet that can have made a Safe of this stack, the present one first."""
        previous = [self.previous.address] if self.previous else []
        return tuple(dict.fromkeys([self.address, *previous, *self.former_addresses]))

    @property
    def previous_address(self) -> str | None:
        """Address of the previous wallet, None where there is none."""
        return self.previous.address if self.previous else None

    @field_validator("kms")
    @classmethod
    def _one_signer(cls, kms: KmsKey | None, info: ValidationInfo) -> KmsKey | None:
        if kms is not None and info.data.get("private_key") is not None:
            raise contradicts("is given beside privateKey, one key signs; remove one of them")
        return kms

    @field_validator("identity_password", "api_token")
    @classmethod
    def _one_place(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("source") is not None:
            raise contradicts("is given beside 'from', which has it too; remove one of them")
        return value

    @field_validator("source")
    @classmethod
    def _no_key_beside(cls, source: WalletSource | None, info: ValidationInfo) -> WalletSource | None:
        if source is not None and info.data.get("private_key") is not None:
            raise contradicts("is given beside privateKey, which it has too; remove one of them")
        return source

    @model_validator(mode="after")
    def _known_account(self) -> Self:
        if not self.address and (self.kms or self.source):
            raise contradicts("needs 'address', since its key is not in this configuration")
        if not self.address:
            raise PydanticCustomError("no_account", "neither private_key nor address is given")
        if self.previous and self.previous.address == self.address:
            raise contradicts("has the same address as its 'previous'; remove 'previous' once the hand-over is done")
        return self
