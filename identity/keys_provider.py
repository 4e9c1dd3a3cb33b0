"""The dynamic Pulumi resource `NodeKeys`: both keys of a node and the encrypted identity file."""

import base64

import pulumi
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from identity import keyfile
from identity.configured import Configured, Properties, say
from identity.errors import WrongPassword
from identity.keys import NodeKeyPair


class NodeKeysProvider(Configured):
    """Makes keys once; afterwards only the password of the identity file can change."""

    def create(self, props: Properties) -> CreateResult:
        """Makes both keys and the encrypted file, without any network."""
        keys = NodeKeyPair.generate()
        return CreateResult(keys.native_address, self._outputs(props["identity"], keys))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The state is the only place that has the keys: there is nothing to compare them with."""
        return ReadResult(id_, dict(props))

    def diff(self, _id: str, olds: Properties, _news: Properties) -> DiffResult:
        """A change only when the configured password does not open the file; never a replacement."""
        password = self._secrets().identity_password.get_secret_value()
        return DiffResult(changes=_keys_in(olds, password) is None)

    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Encrypts the same keys with the configured password; it takes the one before to read them."""
        secrets = self._secrets()
        keys = _keys_in(olds, secrets.identity_password.get_secret_value())
        if keys:
            return UpdateResult(dict(olds))
        previous = secrets.previous_identity_password
        keys = _keys_in(olds, previous.get_secret_value()) if previous else None
        if keys is None:
            raise WrongPassword(
                f"wallet.identityPassword does not open the identity file of {olds['identity']}: to change the "
                "password, set wallet.previousIdentityPassword to the one before; else set the old one back"
            )
        return UpdateResult(self._outputs(news["identity"], keys))

    def delete(self, id_: str, props: Properties) -> None:
        """Forgets the keys; whatever the node owns on chain stays there."""
        say(f"{props['identity']}: the keys of node {id_} are gone from the state; what it owns on chain stays there")

    def _outputs(self, identity: str, keys: NodeKeyPair) -> Properties:
        text = keyfile.write(keys, self._secrets().identity_password.get_secret_value())
        return {
            "identity": identity,
            "peer_id": keys.peer_id,
            "native_address": keys.native_address,
            "identity_file": base64.b64encode(text.encode()).decode(),
        }


class NodeKeys(Resource, module="hoprd", name="NodeKeys"):
    """The keys of one identity, made before anything happens on chain; `identity_file` is a secret."""

    peer_id: pulumi.Output[str]
    native_address: pulumi.Output[str]
    identity_file: pulumi.Output[str]
    """base64 of the encrypted file, as in `spec.identityFile`."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = dict.fromkeys(("peer_id", "native_address", "identity_file"))
        secret = pulumi.ResourceOptions(additional_secret_outputs=["identity_file"])
        super().__init__(
            NodeKeysProvider(),
            name,
            {"identity": name.removesuffix("-keys"), **outputs},
            pulumi.ResourceOptions.merge(opts, secret),
        )


def _keys_in(outputs: Properties, password: str) -> NodeKeyPair | None:
    """The keys in the state's identity file; None where the password does not open it."""
    try:
        return keyfile.read(base64.b64decode(outputs["identity_file"]), password).keys
    except WrongPassword:
        return None
