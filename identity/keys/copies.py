"""Existing copies of an identity's file: in escrow, and in the cluster's objects of a stack that lost its state.

Keys are generated only if there is no copy. A copy that does not open, or that holds other keys than another copy,
is an error: nothing overwrites it.
"""

import base64
import binascii
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from config.cluster_names import identities_secret
from config.models.settings import Settings
from identity.errors import KeyfileError
from identity.keys import escrow
from identity.keys.origin import KeyOrigin, keys_in
from identity.keys.pair import NodeKeyPair
from identity.secrets.cluster_secret import read_identity_files
from identity.secrets.sources import Secrets


@dataclass(frozen=True)
class Copy:
    """The text of an identity file, and where it is stored, for messages."""

    where: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class ExistingKeys:
    """The keys in all copies of an identity's file, and the location and the text of the first copy."""

    keys: NodeKeyPair
    where: str
    text: str = field(repr=False)


ClusterLocation = Mapping[str, str]
"""Location of a pool's identity files in the cluster: `namespace`, `secret`, and `context` unless it is the current."""


def cluster_location(settings: Settings, pool_name: str) -> dict[str, str]:
    """Return where the cluster keeps the identity files of a pool."""
    platform = settings.platform
    context = {"context": platform.kube_context} if platform.kube_context else {}
    return {"namespace": platform.namespace, "secret": identities_secret(pool_name), **context}


def copies_in_cluster(location: ClusterLocation, stack: str | None = None) -> Mapping[str, Sequence[Copy]]:
    """Return the copies in the cluster by identity name, with `stack` without those of other stacks.

    Raises SecretsUnavailable if it cannot be searched.
    """
    copies: dict[str, list[Copy]] = defaultdict(list)
    found = read_identity_files(location["secret"], location["namespace"], location.get("context"), stack)
    for name, where, encoded in found:
        copies[name].append(Copy(where, _decoded(encoded)))
    return copies


def copies_in_escrow(settings: Settings, identity: str) -> list[Copy]:
    """Return the copy in the configured escrow, if there is one. Raises EscrowFailed or AwsError."""
    location = escrow.location_of(settings.escrow, settings.stack, identity)
    if location is None or (held := (entry := escrow.entry_at(location)).read()) is None:
        return []
    return [Copy(str(entry), held)]


def adoptable_keys(origin: KeyOrigin, copies: Sequence[Copy], secrets: Secrets) -> ExistingKeys | None:
    """Return the keys of `existing_keys`; raise KeyfileError if the configuration names others, too."""
    if found := existing_keys(copies, secrets):
        origin.require_same_keys(found.keys, secrets, found.where)
    return found


def existing_keys(copies: Sequence[Copy], secrets: Secrets) -> ExistingKeys | None:
    """Return the keys that all copies hold, None if there is no copy.

    Raises KeyfileError or WrongPassword for a copy that does not open, and KeyfileError if copies hold different keys.
    """
    first: ExistingKeys | None = None
    opened: dict[str, NodeKeyPair] = {}  # equal texts are decrypted once
    for copy in copies:
        keys = opened.get(copy.text) or keys_in(copy.text, secrets, copy.where)
        opened[copy.text] = keys
        first = first or ExistingKeys(keys, copy.where, copy.text)
        if keys != first.keys:
            raise KeyfileError(
                f"{first.where} has the keys of node {first.keys.native_address}, but {copy.where} has those of node "
                f"{keys.native_address}: find out which are right, and move the other copy away"
            )
    return first


def _decoded(encoded: str) -> str:
    """Return the text in base64; text that is not base64 stays as it is, and is reported as an unreadable file."""
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return encoded
