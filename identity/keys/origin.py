"""The origin of an identity's keys: generated at random, derived from the seed, or imported from a file."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from config.models.settings import Settings
from identity.errors import KeyfileError, SecretsUnavailable, WrongPassword
from identity.keys import keyfile, seed
from identity.keys.fingerprint import NodeIds
from identity.keys.keyfile import IdentityFile
from identity.keys.pair import NodeKeyPair
from identity.secrets.sources import Secrets


@dataclass(frozen=True)
class KeyOrigin:
    """The configuration of one identity's keys; `imported` is an identity file, as JSON or base64 of it."""

    identity: str
    pool: str
    network: str
    source: str
    peer_id: str | None = None
    native_address: str | None = None
    imported: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, pool_name: str, identity: str) -> Self:
        """Return the configured origin."""
        pool = settings.pools[pool_name]
        known = pool.identities.get(identity)
        imported = known.identity_file.get_secret_value() if known and known.identity_file else None
        expected = (known.peer_id, known.native_address) if known else (None, None)
        return cls(identity, pool_name, settings.network.name, pool.key_source, *expected, imported=imported)

    @classmethod
    def read(cls, properties: Mapping[str, Any]) -> Self:
        """Read what `properties` returned; Pulumi omits None values."""
        return cls(**{name: properties.get(name) for name in cls.__dataclass_fields__})  # type: ignore[arg-type]

    def properties(self) -> dict[str, Any]:
        """Return the fields as Pulumi inputs; `imported` must be marked as a secret."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def configuration_path(self) -> str | None:
        """The configuration path of the keys; None if they are generated at random."""
        if self.imported is not None:
            return self._where("identityFile")
        return "wallet.identitySeed" if self.source == "seed" else None

    def known_address(self, secrets: Secrets) -> str | None:
        """Return the node's address if the configuration determines it, also before the keys are in the state."""
        if self.imported is not None:
            return self.opened(secrets).native_address
        return self._derived(secrets).native_address if self.source == "seed" else None

    def new_keys(self, secrets: Secrets) -> tuple[NodeKeyPair, str | None]:
        """Return the keys of an identity that has none yet, and a remark for the user or None.

        Raise KeyfileError or WrongPassword if the keys contradict the configuration, or if it names a node whose keys
        do not exist; SecretsUnavailable if the seed is missing.
        """
        if self.imported is not None:
            return self._imported(secrets)
        if self.source == "seed":
            return self._derived(secrets), None
        self.reject_new_keys_for_known_node()
        return NodeKeyPair.generate(), None

    def reject_new_keys_for_known_node(self) -> None:
        """Raise KeyfileError if the configuration names an existing node, for which new keys would be wrong."""
        if expected := self.native_address or self.peer_id:
            key = "nativeAddress" if self.native_address else "peerId"
            raise KeyfileError(
                f"{self._where(key)}: the keys of {expected} are neither in the state nor in an escrow: set them as "
                "identityFile, or remove {key} to get new keys"
            )

    def require_same_keys(self, keys: NodeKeyPair | NodeIds, secrets: Secrets, where: str) -> None:
        """Raise KeyfileError if the configuration names other keys than the existing ones, which are in `where`."""
        desired: tuple[str, str | None] | None = None
        if self.imported is not None:
            opened = self.opened(secrets)
            desired = opened.native_address, opened.peer_id
        elif self.source == "seed":
            derived = self._derived(secrets)
            desired = derived.native_address, derived.peer_id
        if desired is None or (desired[0] == keys.native_address and desired[1] in (None, keys.peer_id)):
            self._require_expected(keys.native_address, keys.peer_id, where)
            return
        if self.imported is not None:
            what = f"{self._where('identityFile')}: is for"
        else:
            what = f"pools.{self.pool}.keySource: wallet.identitySeed gives {self.identity}"
        raise KeyfileError(
            f"{what} node {desired[0]} with peerId {desired[1] or 'unknown'}, but {where} has the keys of node "
            f"{keys.native_address} with peerId {keys.peer_id}: keys are never replaced; restore the previous "
            "configuration, or use another identity"
        )

    def opened(self, secrets: Secrets) -> IdentityFile:
        """Return the imported file, decrypted and compared with peerId and nativeAddress."""
        try:
            opened = self._decrypted(secrets)
        except WrongPassword as error:
            raise WrongPassword(
                f"{self._where('identityFile')}: neither wallet.identityPassword nor wallet.previousIdentityPassword "
                "decrypts it (or the file was changed): encrypt it with one of them, or remove it if its keys are "
                "already in the state",
                hint=error.hint,
            ) from None
        except KeyfileError as error:
            raise KeyfileError(f"{self._where('identityFile')}: {error}") from None
        if self.peer_id is not None and opened.peer_id is None:
            raise KeyfileError(
                f"{self._where('peerId')}: the identityFile has the old form, without a packet key and so without a "
                "peerId; remove peerId, and the node gets a new one"
            )
        self._require_expected(opened.native_address, opened.peer_id, "the identityFile")
        return opened

    def _require_expected(self, native_address: str, peer_id: str | None, where: str) -> None:
        """Compare the found keys with the configured peerId and nativeAddress."""
        found = {"nativeAddress": (self.native_address, native_address), "peerId": (self.peer_id, peer_id)}
        for key, (expected, present) in found.items():
            if expected not in (None, present):
                raise KeyfileError(
                    f"{self._where(key)}: '{expected}' differs from {present} of {where}; correct or remove it"
                )

    def _imported(self, secrets: Secrets) -> tuple[NodeKeyPair, str | None]:
        opened = self.opened(secrets)
        if opened.keys is not None:
            return opened.keys, None
        keys = replace(NodeKeyPair.generate(), chain_key=opened.chain_key)
        return keys, (
            f"{self.identity}: its file has the old form, without a packet key: node {keys.native_address} keeps its "
            f"address and gets the new peerId {keys.peer_id}"
        )

    def _derived(self, secrets: Secrets) -> NodeKeyPair:
        if secrets.identity_seed is None:
            raise SecretsUnavailable(
                f"wallet.identitySeed: is missing, but pool {self.pool} derives its keys from it (keySource: seed); "
                "set it with: pulumi config set --secret --path wallet.identitySeed"
            )
        secret = bytes.fromhex(secrets.identity_seed.get_secret_value().removeprefix("0x"))
        keys = seed.derive(secret, self.network, self.pool, self.identity)
        self._require_expected(keys.native_address, keys.peer_id, "wallet.identitySeed")
        return keys

    def _decrypted(self, secrets: Secrets) -> IdentityFile:
        return keyfile.read_with_any(_text_of(self.imported or ""), secrets.identity_passwords)

    def _where(self, key: str) -> str:
        return f"pools.{self.pool}.identities.{self.identity}.{key}"


def keys_in(text: str, secrets: Secrets, where: str) -> NodeKeyPair:
    """Return the keys in a file that this program wrote; raise KeyfileError or WrongPassword, which name `where`."""
    try:
        opened = keyfile.read_with_any(text, secrets.identity_passwords)
    except WrongPassword as error:
        raise WrongPassword(
            f"wallet.identityPassword does not decrypt the identity file in {where}: to change the password, set "
            "wallet.previousIdentityPassword to the previous one; otherwise restore the previous password",
            hint=error.hint,
        ) from None
    except KeyfileError as error:
        raise KeyfileError(
            f"{where}: {error}; restore an earlier copy of it (docs/operations.md#escrow-and-restore)"
        ) from None
    if opened.keys is None:
        raise KeyfileError(f"{where}: the identity file has the old form, without a packet key: import it instead")
    return opened.keys


def _text_of(given: str) -> str | bytes:
    """Return the file's text, decoded if it is base64 as in custom resources and charts."""
    stripped = given.strip()
    if stripped.startswith("{"):
        return stripped
    try:
        return base64.b64decode("".join(stripped.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KeyfileError("it is neither JSON nor base64") from None
