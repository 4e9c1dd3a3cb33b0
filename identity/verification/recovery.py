"""Finds what a stack can restore after its state was lost: keys stored elsewhere, and what they own on chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.models.settings import Settings
from identity.chain.client import ChainClient
from identity.errors import KeyfileError
from identity.keys.copies import Copy, copies_in_escrow, existing_keys
from identity.keys.origin import KeyOrigin
from identity.observation import deployers
from identity.observation.observe import observe
from identity.observation.pool_spec import PoolSpec
from identity.provisioning.configure import objections
from identity.provisioning.preflight import require_contracts
from identity.secrets.sources import Secrets


@dataclass(frozen=True)
class KnownState:
    """The remaining state of a stack, by identity name: the node's address, and the deployer of the Safe."""

    nodes: Mapping[str, str]
    deployers: Mapping[str, str]


@dataclass(frozen=True)
class StoredKeys:
    """The keys of one identity: `where` they are stored outside the state, if anywhere, and the address of their node.

    `problem` is the reason for which `pulumi up` would refuse them. With `in_state`, the state has these keys.
    """

    identity: str
    where: str | None
    node: str | None
    problem: str | None = None
    in_state: bool = False


@dataclass(frozen=True)
class RestorableIdentity:
    """An identity with its Safe and balances; None if its node is unknown.

    `objections` has the reasons for which `pulumi up` would refuse its state on chain.
    """

    keys: StoredKeys
    safe: str | None = None
    safe_exists: bool = False
    node_xdai_wei: int | None = None
    safe_wxhopr_wei: int | None = None
    objections: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """All reasons for which `pulumi up` would refuse this identity."""
        key_problems = [self.keys.problem] if self.keys.problem else []
        return [*key_problems, *(f"{self.keys.identity}: {objection}" for objection in self.objections)]


def find_keys(
    settings: Settings, secrets: Secrets, pool_name: str, in_cluster: Mapping[str, Sequence[Copy]], state: KnownState
) -> list[StoredKeys]:
    """Return the keys of a pool's identities, in the order of their numbers.

    `in_cluster` has the copies in the cluster by identity name. Raises EscrowFailed or AwsError if the escrow cannot be
    read.
    """
    names = settings.pools[pool_name].identity_names(pool_name)
    return [
        _find_keys_of(settings, secrets, KeyOrigin.of(settings, pool_name, name), in_cluster.get(name, ()), state)
        for name in names
    ]


def find_on_chain(
    chain: ChainClient, settings: Settings, pool_name: str, keys_of_pool: list[StoredKeys], state: KnownState
) -> list[RestorableIdentity]:
    """Return the same identities with their Safes and balances on chain.

    Raises ChainError, and PreflightFailed if the network's contracts are missing, because then nothing seems to exist.
    """
    nodes = {keys.identity: keys.node for keys in keys_of_pool if keys.node}
    unknown = {name: node for name, node in nodes.items() if name not in state.deployers}
    found = deployers.find(chain, settings.network, settings.wallet.deployers, unknown)
    desired = PoolSpec.configured(settings, pool_name, nodes).desired(
        nodes, deployers={**found, **state.deployers}, previous_wallet=settings.wallet.previous_address
    )
    require_contracts(chain, desired)
    observed, retired = observe(chain, desired), settings.pools[pool_name].retired
    by_name = {identity.name: identity for identity in desired.identities}

    def observed_identity(keys: StoredKeys) -> RestorableIdentity:
        if (identity := by_name.get(keys.identity)) is None:
            return RestorableIdentity(keys)
        on_chain = observed.identities[identity.name]
        reasons = () if identity.name in retired else tuple(objections(desired, identity, on_chain))
        exists = on_chain.safe is not None
        return RestorableIdentity(
            keys, identity.safe, exists, on_chain.node_xdai_wei, on_chain.safe_wxhopr_wei, reasons
        )

    return [observed_identity(keys) for keys in keys_of_pool]


def _find_keys_of(
    settings: Settings, secrets: Secrets, origin: KeyOrigin, in_cluster: Sequence[Copy], state: KnownState
) -> StoredKeys:
    """Search like `NodeKeys`: escrow and cluster first, then the sources in the configuration."""
    name, in_state = origin.identity, state.nodes.get(origin.identity)
    where, node = None, None
    try:
        copies = [*copies_in_escrow(settings, name), *in_cluster]
        where = copies[0].where if copies else None
        if found := existing_keys(copies, secrets):
            node = found.keys.native_address
            origin.require_same_keys(found.keys, secrets, found.where)
        else:
            node = origin.known_address(secrets)
            where = origin.configuration_path
            if not (where or in_state):
                origin.reject_new_keys_for_known_node()
    except KeyfileError as error:
        return StoredKeys(name, where or origin.configuration_path, node, str(error))
    if node and in_state and node != in_state:
        problem = f"{name}: {where} has the keys of node {node}, but the stack's state has those of node {in_state}"
        return StoredKeys(name, where, node, f"{problem}: find out which keys are right")
    return StoredKeys(name, where, node or in_state, in_state=in_state is not None)
