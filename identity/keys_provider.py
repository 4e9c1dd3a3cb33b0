"""The dynamic Pulumi resource `NodeKeys`: both keys of a node and the encrypted identity file."""

import base64
import logging
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from config.models.settings import Settings
from config.models.wallet import password_weakness
from identity.configured import Configured, Properties, abort_with_message, notify
from identity.errors import EscrowFailed, IdentityError, KeyfileError, SecretsUnavailable, WrongPassword
from identity.keys import escrow, keyfile
from identity.keys.copies import Copy, ExistingKeys, adoptable_keys, cluster_location
from identity.keys.escrow import Entry
from identity.keys.fingerprint import NodeIds
from identity.keys.origin import KeyOrigin, keys_in
from identity.keys.pair import NodeKeyPair

_log = logging.getLogger(__name__)

_ESCROW, _CLUSTER, _FINGERPRINT = "escrow", "cluster", "fingerprint"


class NodeKeysProvider(Configured):
    """Generates, derives, imports or adopts keys once; later only their password and their escrow can change."""

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Report what would stop the creation, in a preview as well: a file that does not open, or other keys.

        Name the keys that `create` will find.
        """
        origin = KeyOrigin.read(news)
        try:
            if origin.imported is not None:
                origin.opened(self.run.secrets)
            if not olds:
                self._check_creation(origin, news)
        except IdentityError as error:
            _log.debug("%s: check failed", origin.identity, exc_info=True)
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult(news, [])

    @abort_with_message
    def create(self, props: Properties) -> CreateResult:
        """Find or generate both keys; write the encrypted file to the escrow before anything else happens."""
        origin, secrets, entry = KeyOrigin.read(props), self.run.secrets, _entry_of(props)
        held = _held(entry)
        if found := self._existing(origin, props, held):
            keys = found.keys
            notify(f"{origin.identity}: uses the keys of node {keys.native_address} from {found.where}")
        else:
            keys, remark = origin.new_keys(secrets)
            if remark:
                notify(remark)
        _log.info("%s: node %s, source %s", origin.identity, keys.native_address, origin.source)
        return CreateResult(keys.native_address, self._kept(props, keys, entry, held, found.text if found else None))

    @abort_with_message
    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state, without an escrow that lost the file or holds another: `update` then writes it again."""
        entry = _entry_of(props)
        if entry and entry.read() != _file_text(props):
            return ReadResult(id_, {key: value for key, value in props.items() if key != _ESCROW})
        return ReadResult(id_, dict(props))

    @abort_with_message
    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """Report a change if the configured password does not open the file, or if the escrow changes.

        Never a replacement. Raise KeyfileError if the configuration names other keys, WrongPassword if none of the
        passwords opens the file.
        """
        origin, secrets = KeyOrigin.read(news), self.run.secrets
        opened = self._opened_by_password(olds)
        node = opened or keys_in(_file_text(olds), secrets, _state_of(origin))
        origin.require_same_keys(node, secrets, _state_of(origin))
        return DiffResult(changes=opened is None or olds.get(_ESCROW) != news.get(_ESCROW))

    @abort_with_message
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Encrypt the same keys with the configured password if it is new, and write the file to the escrow."""
        origin, secrets, entry, text = KeyOrigin.read(news), self.run.secrets, _entry_of(news), _file_text(olds)
        keys = keys_in(text, secrets, _state_of(origin))
        origin.require_same_keys(keys, secrets, _state_of(origin))
        held = _held(entry)
        if held is not None and keys_in(held, secrets, str(entry)) != keys:
            raise EscrowFailed(
                f"{entry} holds other keys than the state of {origin.identity}; existing keys are never overwritten: "
                "find out which node they belong to, then move that file away or configure another escrow"
            )
        return UpdateResult(self._kept(news, keys, entry, held, text))

    @abort_with_message
    def delete(self, id_: str, props: Properties) -> None:
        """Forget the keys; an escrow keeps its copy. `PoolOnChain` reports what the node still owns on chain."""
        copy = f"; {entry} keeps a copy" if (entry := _entry_of(props)) else ""
        notify(f"{props['identity']}: removed the keys of node {id_} from the state{copy}")

    def _check_creation(self, origin: KeyOrigin, news: Properties) -> None:
        """Raise what would stop `create`, and name the keys that it will find."""
        try:
            found = self._existing(origin, news, _held(_entry_of(news)))
        except SecretsUnavailable as error:  # a preview works without the cluster; `create` does not
            notify(f"{origin.identity}: its keys were not searched for in the cluster: {error}")
            return
        if found:
            notify(f"{origin.identity}: {found.where} has the keys of node {found.keys.native_address}")
        elif weakness := password_weakness(self.run.secrets.identity_password):
            raise KeyfileError(
                f"{origin.identity}: wallet.identityPassword {weakness}, so a new identity file would be easy to "
                "decrypt; set one from: openssl rand -base64 32"
            )

    def _opened_by_password(self, olds: Properties) -> NodeIds | NodeKeyPair | None:
        """Return the node in the file of the state, None if the configured password does not open it.

        The file is decrypted only if the state has no fingerprint that proves it: earlier releases recorded none.
        """
        text = _file_text(olds)
        if recorded := olds.get(_FINGERPRINT):
            node = NodeIds(olds["native_address"], olds["peer_id"])
            if self.run.fingerprints.match(recorded, text, node):
                return node
        return _opened(text, self.run.secrets.identity_password.get_secret_value())

    def _existing(self, origin: KeyOrigin, news: Properties, held: str | None) -> ExistingKeys | None:
        """Return the keys in the escrow entry, whose content is `held`, and in the cluster; None if they have none.

        Raise KeyfileError if the configuration names other keys.
        """
        copies = [Copy(str(_entry_of(news)), held)] if held is not None else []
        if location := news.get(_CLUSTER):
            copies += self.run.copies_in_cluster(location).get(origin.identity, ())
        return adoptable_keys(origin, copies, self.run.secrets)

    def _kept(
        self, news: Properties, keys: NodeKeyPair, entry: Entry | None, held: str | None, text: str | None
    ) -> Properties:
        """Return the outputs for these keys: `text` if the current password opens it, else a new file.

        Writes the file to the escrow first, whose present content is `held`. The returned file was read back,
        decrypted and compared.
        """
        password = self.run.secrets.identity_password.get_secret_value()
        if text is None or _opened(text, password) != keys:
            text = keyfile.write(keys, password)
        if entry:
            text = escrow.store(entry, text, held)
        if _opened(text, password) != keys:
            raise KeyfileError(f"{news['identity']}: the new identity file does not hold the expected keys: run again")
        return {
            "identity": news["identity"],
            "peer_id": keys.peer_id,
            "native_address": keys.native_address,
            "identity_file": base64.b64encode(text.encode()).decode(),
            _FINGERPRINT: self.run.fingerprints.of(text, NodeIds(keys.native_address, keys.peer_id)),
            **({_ESCROW: dict(news[_ESCROW])} if entry else {}),
        }


class NodeKeys(Resource, module="hoprd", name="NodeKeys"):
    """The keys of one identity, saved in the state before any transaction; `identity_file` is a secret."""

    peer_id: pulumi.Output[str]
    native_address: pulumi.Output[str]
    identity_file: pulumi.Output[str]
    """base64 of the encrypted file, as in `spec.identityFile`."""

    def __init__(
        self, name: str, settings: Settings, pool_name: str, identity: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs: dict[str, Any] = KeyOrigin.of(settings, pool_name, identity).properties()
        if inputs["imported"] is not None:
            inputs["imported"] = pulumi.Output.secret(inputs["imported"])
        inputs[_ESCROW] = escrow.location_of(settings.escrow, settings.stack, identity)
        inputs[_CLUSTER] = cluster_location(settings, pool_name)
        outputs = dict.fromkeys(("peer_id", "native_address", "identity_file"))
        secret = pulumi.ResourceOptions(additional_secret_outputs=["identity_file", _FINGERPRINT])
        super().__init__(NodeKeysProvider(), name, {**outputs, **inputs}, pulumi.ResourceOptions.merge(opts, secret))


def _entry_of(properties: Properties) -> Entry | None:
    location = properties.get(_ESCROW)
    return escrow.entry_at(location) if location else None


def _held(entry: Entry | None) -> str | None:
    return entry.read() if entry else None


def _state_of(origin: KeyOrigin) -> str:
    return f"the state of {origin.identity}"


def _file_text(outputs: Properties) -> str:
    return base64.b64decode(outputs["identity_file"]).decode()


def _opened(text: str, password: str) -> NodeKeyPair | None:
    """The keys in a file of ours; None where the password does not open it."""
    try:
        return keyfile.read(text, password).keys
    except WrongPassword:
        return None
