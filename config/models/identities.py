"""What is said of a single identity of a pool: made elsewhere, or to be retired."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from config.models.model import Model
from config.models.names import Text
from config.models.scalars import Address, broken, contradicts

_LONGEST_FILE = 24_000


def _file_text(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.strip():
        raise broken("is empty")
    if len(text) > _LONGEST_FILE:
        raise broken(f"has {len(text)} characters, an identity file has less than {_LONGEST_FILE}")
    return value


IdentityFileText = Annotated[SecretStr, AfterValidator(_file_text)]
PeerId = Annotated[
    str,
    Text(r"12D3KooW[1-9A-HJ-NP-Za-km-z]{44}", "is not a peerId (12D3KooW… of 52 characters)"),
    Field(examples=["12D3KooWKSzQgdszZzipRVGSRwBcC3etYwjSmqqTqcySn97EGWTm"]),
]


class Identity(Model):
    """One identity of a pool that was made elsewhere, or that leaves."""

    identity_file: IdentityFileText | None = None
    """The encrypted file, its JSON or base64 of it; wallet.identityPassword (or the previous one) opens it."""
    peer_id: PeerId | None = None
    """The peerId that its keys must have."""
    native_address: Address | None = None
    """The node's address that its keys must have."""
    safe_address: Address | None = None
    """A Safe that exists already, for an identity made by the HOPR factory; with moduleAddress."""
    module_address: Address | None = None
    """The module of that Safe."""
    trust_existing_safe: bool = False
    """Trust this Safe, although nobody can prove who prepared it (docs/protocol.md#the-hopr-stake-factory)."""
    retire: bool = False
    """Take the identity out of service: deregister it, move what it owns to the wallet; its keys stay."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.safe_address and self.identity_file is None and self.native_address is None:
            raise contradicts(
                "has a safeAddress but no nativeAddress: give the address of the node that has this Safe (or its "
                "identityFile)"
            )
        if (self.safe_address is None) != (self.module_address is None):
            raise contradicts("needs both of safeAddress and moduleAddress, or none")
        if self.safe_address and not self.trust_existing_safe:
            raise contradicts(
                "has a safeAddress, and nothing on chain proves who prepared that Safe: set trustExistingSafe: true if "
                "you made it, or remove safeAddress and moduleAddress to get a new Safe"
            )
        if self.trust_existing_safe and not self.safe_address:
            raise contradicts("has trustExistingSafe but no safeAddress and moduleAddress")
        return self
