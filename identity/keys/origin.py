"""Where an identity's keys come from: drawn at random, derived from the seed, or imported from a file."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from config.models.settings import Settings
from identity.errors import KeyfileError, SecretsUnavailable, WrongPassword
from identity.keys import keyfile, seed
from identity.keys.keyfile import IdentityFile
from identity.keys.pair import NodeKeyPair
from identity.secrets.sources import Secrets


@dataclass(frozen=True)
class KeyOrigin:
    """What the configuration says of one identity's keys; `imported` is the text of a file, JSON or base64 of it."""

    identity: str
    pool: str
    network: str
    source: str
    peer_id: str | None = None
    native_address: str | None = None
    imported: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, pool_name: str, identity: str) -> Self:
        """As configured."""
        pool = settings.pools[pool_name]
        known = pool.identities.get(identity)
        file = known.identity_file.get_secret_value() if known and known.identity_file else None
        expected = (known.peer_id, known.native_address) if known else (None, None)
        return cls(identity, pool_name, settings.network.name, pool.key_source, *expected, imported=file)

    @classmethod
    def read(cls, properties: Mapping[str, Any]) -> Self:
        """As `properties` wrote it; Pulumi leaves out what is None."""
        return cls(**{name: properties.get(name) for name in cls.__dataclass_fields__})  # type: ignore[arg-type]

    def properties(self) -> dict[str, Any]:
        """For Pulumi, by field; `imported` must be marked as a secret there."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def configuration_path(self) -> str | None:
        """Which part of the configuration holds the keys; None where they are drawn at random."""
        if self.imported is not None:
            return self._where("identityFile")
        return "wallet.identitySeed" if self.source == "seed" else None

    def known_address(self, secrets: Secrets) -> str | None:
        """The node's address where the configuration tells it before the keys are in the state, so in any preview."""
        if self.imported is not None:
            return self.opened(secrets).native_address
        return self._derived(secrets).native_address if self.source == "seed" else None

    def new_keys(self, secrets: Secrets) -> tuple[NodeKeyPair, str | None]:
        """The keys of an identity that has none yet, and what there is to say about them.

        Raises KeyfileError or WrongPassword for keys that are not what the configuration says of them, also where it
        tells whose they must be and they are nowhere; SecretsUnavailable where the seed is missing.
        """
        if self.imported is not None:
            return self._imported(secrets)
        if self.source == "seed":
            return self._derived(secrets), None
        self.reject_new_keys_for_known_node()
        return NodeKeyPair.generate(), None

    def reject_new_keys_for_known_node(self) -> None:
        """Raises KeyfileError where the configuration tells whose the keys must be: others are not made for that."""
        if expected := self.native_address or self.peer_id:
            key = "nativeAddress" if self.native_address else "peerId"
            raise KeyfileError(
                f"{self._where(key)}: the keys of {expected} are neither in the state nor in an escrow: give them as "
                "identityFile, or remove what is said of them to get new keys"
            )

    def require_same_keys(self, keys: NodeKeyPair, secrets: Secrets, place: str) -> None:
        """Raises KeyfileError where the configuration names other keys than those that the identity has already."""
        desired: tuple[str, str | None] | None = None
        if self.imported is not None:
            opened = self.opened(secrets)
            desired = opened.native_address, opened.peer_id
        elif self.source == "seed":
            derived = self._derived(secrets)
            desired = derived.native_address, derived.peer_id
        if desired is None or (desired[0] == keys.native_address and desired[1] in (None, keys.peer_id)):
            self._expect(keys.native_address, keys.peer_id, place)
            return
        if self.imported is not None:
            what = f"{self._where('identityFile')}: is of"
        else:
            what = f"pools.{self.pool}.keySource: wallet.identitySeed gives {self.identity}"
        raise KeyfileError(
            f"{what} node {desired[0]} with peerId {desired[1] or 'unknown'}, {place} has the keys of node "
            f"{keys.native_address} with peerId {keys.peer_id}: keys are never replaced; put back what was configured "
            "before, or use another identity"
        )

    def opened(self, secrets: Secrets) -> IdentityFile:
        """The imported file, decrypted and compared with peerId and nativeAddress."""
        try:
            opened = self._decrypted(secrets)
        except WrongPassword:
            raise WrongPassword(
                f"{self._where('identityFile')}: neither wallet.identityPassword nor wallet.previousIdentityPassword "
                "opens it (or the file was changed): encrypt it with that password, or remove it where its keys are in "
                "the state already"
            ) from None
        except KeyfileError as error:
            raise KeyfileError(f"{self._where('identityFile')}: {error}") from None
        if self.peer_id is not None and opened.peer_id is None:
            raise KeyfileError(
                f"{self._where('peerId')}: the identityFile is of the old form, which has no packet key and so no "
                "peerId; remove it, and the node gets a new one"
            )
        self._expect(opened.native_address, opened.peer_id, "the identityFile")
        return opened

    def _expect(self, native_address: str, peer_id: str | None, place: str) -> None:
        """Compares what was found with peerId and nativeAddress, which nothing but the user can say."""
        found = {"nativeAddress": (self.native_address, native_address), "peerId": (self.peer_id, peer_id)}
        for key, (expected, present) in found.items():
            if expected not in (None, present):
                raise KeyfileError(
                    f"{self._where(key)}: '{expected}' is not that of {place}, which is {present}; correct or remove it"
                )

    def _imported(self, secrets: Secrets) -> tuple[NodeKeyPair, str | None]:
        opened = self.opened(secrets)
        if opened.keys is not None:
            return opened.keys, None
        keys = replace(NodeKeyPair.generate(), chain_key=opened.chain_key)
        return keys, (
            f"{self.identity}: its file is of the old form, without a packet key: node {keys.native_address} keeps its "
            f"address and gets the new peerId {keys.peer_id}"
        )

    def _derived(self, secrets: Secrets) -> NodeKeyPair:
        if secrets.identity_seed is None:
            raise SecretsUnavailable(
                f"wallet.identitySeed: is missing, pool {self.pool} derives its keys from it (keySource: seed); set it "
                "with: pulumi config set --secret --path wallet.identitySeed"
            )
        secret = bytes.fromhex(secrets.identity_seed.get_secret_value().removeprefix("0x"))
        keys = seed.derive(secret, self.network, self.pool, self.identity)
        self._expect(keys.native_address, keys.peer_id, "wallet.identitySeed")
        return keys

    def _decrypted(self, secrets: Secrets) -> IdentityFile:
        return keyfile.read_with_any(_text_of(self.imported or ""), secrets.identity_passwords)

    def _where(self, key: str) -> str:
        return f"pools.{self.pool}.identities.{self.identity}.{key}"


def keys_in(text: str, secrets: Secrets, where: str) -> NodeKeyPair:
    """The keys in a file that this program wrote; raises KeyfileError or WrongPassword, with `where` it was found."""
    try:
        opened = keyfile.read_with_any(text, secrets.identity_passwords)
    except WrongPassword:
        raise WrongPassword(
            f"wallet.identityPassword does not open the identity file in {where}: to change the password, set "
            "wallet.previousIdentityPassword to the one before; else set the old one back"
        ) from None
    except KeyfileError as error:
        raise KeyfileError(
            f"{where}: {error}; bring back an earlier copy of it (docs/operations.md#escrow-and-restore)"
        ) from None
    if opened.keys is None:
        raise KeyfileError(f"{where}: the identity file is of the old form, without a packet key: import it instead")
    return opened.keys


def _text_of(given: str) -> str | bytes:
    """The file's text: as it is, or out of base64, as custom resources and charts have it."""
    stripped = given.strip()
    if stripped.startswith("{"):
        return stripped
    try:
        return base64.b64decode("".join(stripped.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KeyfileError("it is neither JSON nor base64 of it") from None
