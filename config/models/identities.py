"""Settings of a single identity of a pool: imported, or retired."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from config.models.model import Model
from config.models.names import Text
from config.models.scalars import Address, broken, contradicts

_MAX_FILE_LENGTH = 24_000


def _file_text(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.strip():
        raise broken("is empty")
    if len(text) > _MAX_FILE_LENGTH:
        raise broken(f"has {len(text)} characters; an identity file has at most {_MAX_FILE_LENGTH}")
    return value


IdentityFileText = Annotated[SecretStr, AfterValidator(_file_text)]
PeerId = Annotated[
    str,
    Text(r"12D3KooW[1-9A-HJ-NP-Za-km-z]{44}", "is not a peerId (52 characters that start with 12D3KooW)"),
    Field(examples=["12D3KooWKSzQgdszZzipRVGSRwBcC3etYwjSmqqTqcySn97EGWTm"]),
]


class Identity(Model):
    """One identity of a pool that is imported or retired."""

    identity_file: IdentityFileText | None = None
    """The encrypted file: JSON, or base64 of it. wallet.identityPassword or previousIdentityPassword decrypts it."""
    peer_id: PeerId | None = None
    """The peerId that the keys must have."""
    native_address: Address | None = None
    """The address of the node that the keys must have."""
    safe_address: Address | None = None
    """An existing Safe, for an identity that HOPR's factory created. Requires moduleAddress."""
    module_address: Address | None = None
    """The module of that Safe."""
    trust_existing_safe: bool = False
    """Trust this Safe, although nobody can prove who set it up (docs/protocol.md#the-hopr-stake-factory)."""
    retire: bool = False
    """Decommission the identity: deregister it and move its balances to the wallet. Its keys stay."""

    @model_validator(mode="after")
    def _check_safe(self) -> Self:
        if self.safe_address and self.identity_file is None and self.native_address is None:
            raise contradicts(
                "has safeAddress but no nativeAddress; set the address of the node that uses this Safe, or set its "
                "identityFile"
            )
        if (self.safe_address is None) != (self.module_address is None):
            raise contradicts("has only one of safeAddress and moduleAddress; set both or remove it")
        if self.safe_address and not self.trust_existing_safe:
            raise contradicts(
                "has safeAddress, but nothing on chain proves who set up that Safe; set trustExistingSafe: true if you "
                "created it, or remove safeAddress and moduleAddress to create a new Safe"
            )
        if self.trust_existing_safe and not self.safe_address:
            raise contradicts("has trustExistingSafe without safeAddress and moduleAddress; set both or remove it")
        return self
