"""Keys that a stack does not have in its state and that `pulumi up` will adopt, searched before anything is registered.

Without them, a run after a lost state would count Safes that exist and are funded as new ones. `NodeKeys` searches in
the same places when it creates keys (`identity/keys_provider.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from config.models.settings import Settings
from identity.errors import SecretsUnavailable
from identity.keys.copies import Copy, adoptable_keys, cluster_location, copies_in_cluster, copies_in_escrow
from identity.keys.fingerprint import NodeIds
from identity.keys.origin import KeyOrigin
from identity.secrets.sources import Secrets

_AT_ONCE = 8


@dataclass(frozen=True)
class FoundKeys:
    """The nodes of the keys that were found, by identity, and the reason if the cluster could not be searched."""

    nodes: Mapping[str, NodeIds] = field(default_factory=dict)
    not_searched: SecretsUnavailable | None = None


def search(settings: Settings, secrets: Secrets, in_state: Collection[str]) -> FoundKeys:
    """Search escrow and cluster for the keys of identities that are not `in_state`; there is no request if all are.

    Keys that the configuration determines (a seed, an imported file) are not searched for, and neither are objects of
    other stacks, which the allocation refuses by name. Raises KeyfileError or
    WrongPassword for a copy that does not open, for copies with different keys, and for keys that the configuration
    names and that are nowhere; EscrowFailed or AwsError if the escrow cannot be read.
    """
    nodes: dict[str, NodeIds] = {}
    not_searched: SecretsUnavailable | None = None
    for pool_name, pool in settings.pools.items():
        names = [name for name in pool.identity_names(pool_name) if name not in in_state]
        origins = [KeyOrigin.of(settings, pool_name, name) for name in names]
        generated = [origin for origin in origins if origin.configuration_path is None]
        if not generated:
            continue
        in_cluster: Mapping[str, Sequence[Copy]] = {}
        if not_searched is None:
            try:
                in_cluster = copies_in_cluster(cluster_location(settings, pool_name), settings.stack)
            except SecretsUnavailable as error:
                not_searched = error
        finder = _Finder(settings, secrets, in_cluster, is_complete=not_searched is None)
        with ThreadPoolExecutor(_AT_ONCE) as workers:  # reads of the escrow, and the derivation of keys, take long
            found = list(workers.map(finder.find, generated))
        nodes |= {origin.identity: node for origin, node in zip(generated, found, strict=True) if node}
    return FoundKeys(nodes, not_searched)


@dataclass(frozen=True)
class _Finder:
    settings: Settings
    secrets: Secrets
    in_cluster: Mapping[str, Sequence[Copy]]
    is_complete: bool

    def find(self, origin: KeyOrigin) -> NodeIds | None:
        copies = [*copies_in_escrow(self.settings, origin.identity), *self.in_cluster.get(origin.identity, ())]
        if found := adoptable_keys(origin, copies, self.secrets):
            return NodeIds(found.keys.native_address, found.keys.peer_id)
        if self.is_complete:
            origin.reject_new_keys_for_known_node()
        return None
