"""The wallet, and the sources of its key and of the nodes' passwords."""

import re
from typing import Annotated, Any, Self

from eth_keys.constants import SECPK1_N
from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.key_address import address_of_key
from config.models.model import Model
from config.models.names import AwsName, AwsRegion, ObjectName
from config.models.scalars import Address, broken, contradicts

_SHORTEST_API_TOKEN = 8
_SHORTEST_PASSWORD, _FEWEST_CHARACTERS, _STRONG_PASSWORD = 8, 5, 16


def _private_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", text):
        raise broken("is not a private key (64 hex digits, with or without 0x)")
    if not 0 < int(text, 16) < SECPK1_N:
        raise broken("is not a valid secp256k1 private key: it is zero or too large")
    return value


def _text(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.strip():
        raise broken("is empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise broken("is not UTF-8 text") from None
    if "\x00" in text:
        raise broken("contains a NUL character, which no environment variable can have")
    return value


def _one_line(value: SecretStr) -> SecretStr:
    if re.search(r"[\r\n]", value.get_secret_value()):
        raise broken(
            "contains a line break, which editors add at the end of a file; remove it. If identity files are encrypted "
            "with it, set the value with the line break as previousIdentityPassword for one `pulumi up`"
        )
    return value


def _one_line_token(value: SecretStr) -> SecretStr:
    if re.search(r"[\r\n]", value.get_secret_value()):
        raise broken("contains a line break, which editors add at the end of a file; remove it")
    return value


def _seed(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", value.get_secret_value()):
        raise broken("is not a seed (64 hex digits, with or without 0x); generate one with: openssl rand -hex 32")
    return value


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _SHORTEST_API_TOKEN:
        raise broken(f"has fewer than {_SHORTEST_API_TOKEN} characters, and hoprd does not start with such a token")
    return value


PrivateKeyHex = Annotated[SecretStr, AfterValidator(_private_key)]
PreviousPassword = Annotated[SecretStr, AfterValidator(_text)]
"""A password that may have opened files before the present rules."""
Password = Annotated[PreviousPassword, AfterValidator(_one_line)]
ApiToken = Annotated[SecretStr, AfterValidator(_text), AfterValidator(_one_line_token), AfterValidator(_long_enough)]
Seed = Annotated[SecretStr, AfterValidator(_seed)]


def password_weakness(password: SecretStr) -> str | None:
    """Return why new identity files must not be encrypted with this password, None if they may."""
    text = password.get_secret_value()
    if len(text) < _SHORTEST_PASSWORD:
        return f"has fewer than {_SHORTEST_PASSWORD} characters"
    if len(set(text)) < _FEWEST_CHARACTERS:
        return f"has fewer than {_FEWEST_CHARACTERS} different characters"
    return None


def password_advice(password: SecretStr) -> str | None:
    """Return a warning about a password that whoever has an identity file could guess, None for a long one."""
    weakness = password_weakness(password)
    if weakness is None and len(password.get_secret_value()) < _STRONG_PASSWORD:
        weakness = f"has fewer than {_STRONG_PASSWORD} characters"
    return weakness and (
        f"{weakness}, so whoever gets an identity file can guess it; change it "
        "(docs/operations.md#change-the-identity-password) to one from: openssl rand -base64 32"
    )


def address_of(private_key: SecretStr) -> str:
    """The checksummed address of a private key in hex."""
    return address_of_key(bytes.fromhex(private_key.get_secret_value().removeprefix("0x")))


class KmsKey(Model):
    """A key in AWS KMS (ECC_SECG_P256K1, sign and verify). It never leaves KMS."""

    key_id: AwsName = Field(examples=["alias/hoprd-wallet"])
    """Key id, ARN or alias."""
    region: AwsRegion | None = None
    """Region of the key; the region of your AWS configuration by default."""


class SecretsManagerSecret(Model):
    """A secret in AWS Secrets Manager: JSON with DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD and HOPRD_API_TOKEN."""

    secret_id: AwsName = Field(examples=["prod/hoprd"])
    """Name or ARN of the secret."""
    region: AwsRegion | None = None
    """Region of the secret; the region of your AWS configuration by default."""


class WalletSource(Model):
    """Where the wallet's key and the nodes' passwords are stored outside this configuration: exactly one of these."""

    kubernetes_secret: ObjectName | None = None
    """A Secret in platform.namespace (DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD, HOPRD_API_TOKEN), read in each run."""
    secrets_manager: SecretsManagerSecret | None = None
    """A secret in AWS Secrets Manager, read in each run."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.kubernetes_secret is None) == (self.secrets_manager is None):
            raise contradicts("requires exactly one of kubernetesSecret and secretsManager")
        return self


def _derive_address(data: dict[str, Any]) -> str:
    return address_of(data["private_key"]) if data.get("private_key") else ""


def _check_address(address: str, info: ValidationInfo) -> str:
    private_key = info.data.get("private_key")
    if private_key is not None and address_of(private_key) != address:
        raise contradicts(f"is not the address of privateKey, {address_of(private_key)}; remove one of them")
    return address


class PreviousWallet(Model):
    """The previous wallet: it signs the hand-over of each Safe.

    After `pulumi up`, remove it and add its address to `formerAddresses`.
    """

    private_key: PrivateKeyHex | None = None
    """Private key in hex; secret. Alternative to `kms`."""
    kms: KmsKey | None = None
    """Key in AWS KMS. Requires `address`."""
    address: Annotated[Address, AfterValidator(_check_address)] = Field(default_factory=_derive_address)
    """Address of the account; derived from privateKey."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.private_key is None) == (self.kms is None):
            raise contradicts("requires exactly one of privateKey and kms")
        if not self.address:
            raise contradicts("requires address, because the key is in KMS")
        return self


class Wallet(Model):
    """The account that owns the Safes, funds the nodes and registers them, and the passwords of the nodes."""

    private_key: PrivateKeyHex | None = None
    """Private key of the account in hex; secret. Alternative to `kms` and `from`."""
    kms: KmsKey | None = None
    """Key of the account in AWS KMS, instead of privateKey. Requires `address`."""
    source: WalletSource | None = Field(default=None, alias="from")
    """Where privateKey, identityPassword and apiToken are stored, if not here. Requires `address`."""
    address: Annotated[Address, AfterValidator(_check_address)] = Field(default_factory=_derive_address)
    """Address of the account; derived from privateKey. If both are set, they must match."""
    identity_password: Password | None = None
    """Encrypts the identity files; secret."""
    previous_identity_password: PreviousPassword | None = None
    """The password before a change of identityPassword; secret. `pulumi up` re-encrypts the files; then remove it."""
    api_token: ApiToken | None = None
    """Token of the nodes' API; secret. Required for pools without `secretName`."""
    identity_seed: Seed | None = None
    """Seed (32 bytes in hex) of the keys of pools with `keySource: seed`; secret. Never change it."""
    previous: PreviousWallet | None = None
    """The previous wallet, until its Safes are handed over to this wallet."""
    former_addresses: list[Address] = Field(default_factory=list)
    """Earlier wallets of this stack. Previews and checks find the Safes that they created, even without a state."""

    @property
    def deployers(self) -> tuple[str, ...]:
        """All wallets that may have created a Safe of this stack; the current wallet is the first."""
        previous = [self.previous.address] if self.previous else []
        return tuple(dict.fromkeys([self.address, *previous, *self.former_addresses]))

    @property
    def previous_address(self) -> str | None:
        """Address of the previous wallet, or None."""
        return self.previous.address if self.previous else None

    @field_validator("kms")
    @classmethod
    def _check_one_signer(cls, kms: KmsKey | None, info: ValidationInfo) -> KmsKey | None:
        if kms is not None and info.data.get("private_key") is not None:
            raise contradicts("conflicts with privateKey; set only one")
        return kms

    @field_validator("identity_password", "api_token")
    @classmethod
    def _check_source(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("source") is not None:
            raise contradicts("conflicts with 'from', which provides it; set only one")
        return value

    @field_validator("source")
    @classmethod
    def _check_source_without_key(cls, source: WalletSource | None, info: ValidationInfo) -> WalletSource | None:
        if source is not None and info.data.get("private_key") is not None:
            raise contradicts("conflicts with privateKey, which the source provides; set only one")
        return source

    @model_validator(mode="after")
    def _check_account(self) -> Self:
        if not self.address and (self.kms or self.source):
            raise contradicts("requires address, because the key is not in this configuration")
        if not self.address:
            raise PydanticCustomError("no_account", "neither private_key nor address is set")
        if self.previous and self.previous.address == self.address:
            raise contradicts("has the same address as its 'previous'; remove 'previous' after the hand-over")
        return self
