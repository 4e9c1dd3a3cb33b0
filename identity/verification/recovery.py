"""What a stack whose state was lost gets back: the keys that are kept elsewhere, and what they own on chain."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.models.settings import Settings
from identity.chain.client import ChainClient
from identity.errors import KeyfileError
from identity.keys import escrow
from identity.keys.origin import KeyOrigin, keys_in
from identity.observation import deployers
from identity.observation.observe import observe
from identity.observation.pool_spec import PoolSpec
from identity.provisioning.configure import objections
from identity.provisioning.preflight import require_contracts
from identity.secrets.sources import Secrets


@dataclass(frozen=True)
class State:
    """What is left of a stack's state, by identity: its node, and the wallet that made its Safe."""

    nodes: Mapping[str, str]
    deployers: Mapping[str, str]


@dataclass(frozen=True)
class KeptKeys:
    """Where the keys of an identity are kept beside the state, if anywhere, and of which node they or the state's are.

    `problem` says why `pulumi up` would refuse them; `in_state` that the stack has these keys already.
    """

    identity: str
    where: str | None
    node: str | None
    problem: str | None = None
    in_state: bool = False


@dataclass(frozen=True)
class Restorable:
    """An identity with what it owns, amounts in wei; None where its node is not known.

    `objections` says why `pulumi up` would refuse what the chain shows of it.
    """

    keys: KeptKeys
    safe: str | None = None
    safe_exists: bool = False
    node_xdai_wei: int | None = None
    safe_wxhopr_wei: int | None = None
    objections: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Everything that stands in the way of this identity."""
        about_keys = [self.keys.problem] if self.keys.problem else []
        return [*about_keys, *(f"{self.keys.identity}: {objection}" for objection in self.objections)]


def kept_keys(settings: Settings, secrets: Secrets, pool_name: str, state: State) -> list[KeptKeys]:
    """The identities of a pool in the order of their numbers.

    Raises EscrowFailed or AwsError where the escrow cannot be read.
    """
    names = settings.pools[pool_name].identity_names(pool_name)
    return [_kept(settings, secrets, pool_name, name, state.nodes.get(name)) for name in names]


def on_chain(
    chain: ChainClient, settings: Settings, pool_name: str, kept: list[KeptKeys], state: State
) -> list[Restorable]:
    """The same identities with what the chain shows of them.

    Raises ChainError, and PreflightFailed where the network's contracts are not there: nothing would seem to exist.
    """
    nodes = {keys.identity: keys.node for keys in kept if keys.node}
    unknown = {name: node for name, node in nodes.items() if name not in state.deployers}
    found = deployers.find(chain, settings.network, settings.wallet.deployers, unknown)
    desired = PoolSpec.configured(settings, pool_name, nodes).desired(
        nodes, deployers={**found, **state.deployers}, previous_wallet=settings.wallet.previous_address
    )
    require_contracts(chain, desired)
    observed, retired = observe(chain, desired), settings.pools[pool_name].retired
    by_name = {identity.name: identity for identity in desired.identities}

    def seen(keys: KeptKeys) -> Restorable:
        if (identity := by_name.get(keys.identity)) is None:
            return Restorable(keys)
        there = observed.identities[identity.name]
        against = () if identity.name in retired else tuple(objections(desired, identity, there))
        exists = there.safe is not None
        return Restorable(keys, identity.safe, exists, there.node_xdai_wei, there.safe_wxhopr_wei, against)

    return [seen(keys) for keys in kept]


def _kept(settings: Settings, secrets: Secrets, pool_name: str, name: str, in_state: str | None) -> KeptKeys:
    """As `NodeKeys` looks for them: escrow first, then what the configuration gives."""
    origin = KeyOrigin.of(settings, pool_name, name)
    where, node = None, None
    try:
        place = escrow.location_of(settings.escrow, settings.stack, name)
        if place and (held := (entry := escrow.entry_at(place)).read()) is not None:
            where = str(entry)
            keys = keys_in(held, secrets, where)
            node = keys.native_address
            origin.require_same_keys(keys, secrets, where)
        else:
            node = origin.known_address(secrets)
            where = origin.configuration_path
            if not (where or in_state):
                origin.reject_new_keys_for_known_node()
    except KeyfileError as error:
        return KeptKeys(name, where or origin.configuration_path, node, str(error))
    if node and in_state and node != in_state:
        problem = f"{name}: {where} has the keys of node {node}, the stack's state those of node {in_state}"
        return KeptKeys(name, where, node, f"{problem}: find out which of them is right")
    return KeptKeys(name, where, node or in_state, in_state=in_state is not None)
