"""The dynamic Pulumi resource `NodeKeys`: both keys of a node and the encrypted identity file."""

import base64
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from config.models.settings import Settings
from identity.configured import Configured, Properties, abort_with_message, notify
from identity.errors import EscrowFailed, IdentityError, KeyfileError, WrongPassword
from identity.keys import escrow, keyfile
from identity.keys.escrow import Entry
from identity.keys.origin import KeyOrigin, keys_in
from identity.keys.pair import NodeKeyPair

_ESCROW = "escrow"


class NodeKeysProvider(Configured):
    """Makes, derives, imports or adopts keys once; afterwards only their password and their escrow can change."""

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """A file that cannot be imported is told in a preview already."""
        origin = KeyOrigin.read(news)
        try:
            if origin.imported is not None:
                origin.opened(self.run.secrets)
        except IdentityError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult(news, [])

    @abort_with_message
    def create(self, props: Properties) -> CreateResult:
        """Finds or makes both keys, and keeps the encrypted file in escrow before anything else can happen."""
        origin, secrets, entry = KeyOrigin.read(props), self.run.secrets, _entry_of(props)
        held = entry.read() if entry else None
        if held is not None:
            where = str(entry)
            keys = keys_in(held, secrets, where)
            origin.require_same_keys(keys, secrets, where)
            notify(f"{origin.identity}: the keys of node {keys.native_address} are taken from {where}")
        else:
            keys, remark = origin.new_keys(secrets)
            if remark:
                notify(remark)
        return CreateResult(keys.native_address, self._kept(props, keys, entry, held, held))

    @abort_with_message
    def read(self, id_: str, props: Properties) -> ReadResult:
        """As the state has it, but that an escrow which lost the file, or has another one, is no escrow any more."""
        entry = _entry_of(props)
        if entry and entry.read() != _file_text(props):
            return ReadResult(id_, {key: value for key, value in props.items() if key != _ESCROW})
        return ReadResult(id_, dict(props))

    @abort_with_message
    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """A change when the configured password does not open the file, or when it is to be kept somewhere else.

        Never a replacement. Raises KeyfileError where the configuration names other keys, WrongPassword where none of
        the passwords opens the file.
        """
        origin, secrets, text = KeyOrigin.read(news), self.run.secrets, _file_text(olds)
        keys = _opened(text, secrets.identity_password.get_secret_value())
        origin.require_same_keys(keys or keys_in(text, secrets, _state_of(origin)), secrets, _state_of(origin))
        return DiffResult(changes=keys is None or olds.get(_ESCROW) != news.get(_ESCROW))

    @abort_with_message
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Encrypts the same keys with the configured password where it is a new one, and keeps the file in escrow."""
        origin, secrets, entry, text = KeyOrigin.read(news), self.run.secrets, _entry_of(news), _file_text(olds)
        keys = keys_in(text, secrets, _state_of(origin))
        origin.require_same_keys(keys, secrets, _state_of(origin))
        held = entry.read() if entry else None
        if held is not None and keys_in(held, secrets, str(entry)) != keys:
            raise EscrowFailed(
                f"{entry} holds other keys than the state of {origin.identity}, which are not replaced: find out whose "
                "they are, then move that file away or name another place under escrow"
            )
        return UpdateResult(self._kept(news, keys, entry, held, text))

    @abort_with_message
    def delete(self, id_: str, props: Properties) -> None:
        """Forgets the keys; the escrow stays. What its node still owns on chain is told by `PoolOnChain`."""
        copy = f"; {entry} stays" if (entry := _entry_of(props)) else ""
        notify(f"{props['identity']}: the keys of node {id_} are gone from the state{copy}")

    def _kept(
        self, news: Properties, keys: NodeKeyPair, entry: Entry | None, held: str | None, text: str | None
    ) -> Properties:
        """The state of these keys: `text` where the present password opens it, else a new file; kept in escrow first.

        `held` is what the escrow has. What is returned was read back, decrypted and compared.
        """
        password = self.run.secrets.identity_password.get_secret_value()
        if text is None or _opened(text, password) != keys:
            text = keyfile.write(keys, password)
        if entry:
            text = escrow.store(entry, text, held)
        if _opened(text, password) != keys:
            raise KeyfileError(f"{news['identity']}: its new identity file does not hold its keys: run again")
        return {
            "identity": news["identity"],
            "peer_id": keys.peer_id,
            "native_address": keys.native_address,
            "identity_file": base64.b64encode(text.encode()).decode(),
            **({_ESCROW: dict(news[_ESCROW])} if entry else {}),
        }


class NodeKeys(Resource, module="hoprd", name="NodeKeys"):
    """The keys of one identity, in the state before anything happens on chain; `identity_file` is a secret."""

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
        outputs = dict.fromkeys(("peer_id", "native_address", "identity_file"))
        secret = pulumi.ResourceOptions(additional_secret_outputs=["identity_file"])
        super().__init__(NodeKeysProvider(), name, {**outputs, **inputs}, pulumi.ResourceOptions.merge(opts, secret))


def _entry_of(properties: Properties) -> Entry | None:
    place = properties.get(_ESCROW)
    return escrow.entry_at(place) if place else None


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
