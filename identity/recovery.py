"""What a stack whose state was lost gets back: the keys that are kept elsewhere, and what they own on chain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.settings import Settings
from identity import escrow, founders
from identity.chain import ChainClient
from identity.errors import KeyfileError
from identity.key_origin import KeyOrigin, keys_in
from identity.observe import look
from identity.secret_sources import Secrets
from identity.wanted import WantedPool


@dataclass(frozen=True)
class KeptKeys:
    """Where the keys of an identity are kept beside the state, if anywhere, and of which node they are.

    `problem` says why `pulumi up` would refuse them; `in_state` that the stack has these keys already.
    """

    identity: str
    where: str | None
    node: str | None
    problem: str | None = None
    in_state: bool = False


@dataclass(frozen=True)
class Restorable:
    """An identity with what it owns, amounts in wei; None where its node is not known."""

    keys: KeptKeys
    safe: str | None = None
    safe_exists: bool = False
    node_xdai_wei: int | None = None
    safe_wxhopr_wei: int | None = None


def kept_keys(settings: Settings, secrets: Secrets, pool_name: str, outputs: Mapping[str, Any]) -> list[KeptKeys]:
    """The identities of a pool in the order of their numbers; `outputs` are the stack's, empty where it is lost.

    Raises EscrowFailed or AwsError where the escrow cannot be read.
    """
    made = outputs.get("identities") or {}
    names = settings.pools[pool_name].identity_names(pool_name)
    return [_kept(settings, secrets, pool_name, name, made.get(name, {}).get("nativeAddress")) for name in names]


def on_chain(chain: ChainClient, settings: Settings, pool_name: str, kept: list[KeptKeys]) -> list[Restorable]:
    """The same identities with what the chain shows of them; raises ChainError."""
    nodes = {keys.identity: keys.node for keys in kept if keys.node}
    made_by = founders.find(chain, settings.network, settings.wallet.founders, nodes)
    wanted = WantedPool.configured(settings, pool_name, nodes, made_by)
    observed = look(chain, wanted)
    safes = {identity.name: identity.safe for identity in wanted.identities}

    def seen(keys: KeptKeys) -> Restorable:
        if keys.identity not in safes:
            return Restorable(keys)
        found = observed.identities[keys.identity]
        exists = found.safe is not None
        return Restorable(keys, safes[keys.identity], exists, found.node_xdai_wei, found.safe_wxhopr_wei)

    return [seen(keys) for keys in kept]


def _kept(settings: Settings, secrets: Secrets, pool_name: str, name: str, in_state: str | None) -> KeptKeys:
    """As `NodeKeys` looks for them: escrow first, then what the configuration gives."""
    origin = KeyOrigin.of(settings, pool_name, name)
    where, node = None, None
    try:
        place = escrow.place_of(settings.escrow, settings.stack, name)
        if place and (held := (entry := escrow.entry_at(place)).read()) is not None:
            where = str(entry)
            keys = keys_in(held, secrets, where)
            node = keys.native_address
            origin.require(keys, secrets, where)
        else:
            node = origin.known_address(secrets)
            where = origin.configured
    except KeyfileError as error:
        return KeptKeys(name, where or origin.configured, node, str(error))
    if node and in_state and node != in_state:
        problem = f"{name}: {where} has the keys of node {node}, the stack's state those of node {in_state}"
        return KeptKeys(name, where, node, f"{problem}: find out which of them is right")
    return KeptKeys(name, where, node, in_state=in_state is not None)
