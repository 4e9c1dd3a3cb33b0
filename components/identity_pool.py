"""A pool: its keys, then its identities on chain, then its objects in the cluster."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.custom_resources import HoprResource
from components.identity_hoprd import IN_SERVICE, RETIRED, IdentityHoprd, IdentityHoprdArgs, retired_summary
from components.manifests import funding as funding_manifests
from components.manifests import labels, names
from components.manifests.pool import PoolPlan
from components.manifests.protocols import Protocols
from components.manifests.specs import pool_spec
from components.pool_objects import PoolObjects
from components.preparation import Prepared
from config.models.pools import Funding, Pool
from config.models.settings import Settings
from identity.keys.origin import KeyOrigin
from identity.keys_provider import NodeKeys
from identity.pool_on_chain import PoolOnChain, PoolOnChainArgs
from identity.provisioning import top_up_order
from summary.on_destroy import on_destroy


@dataclass(frozen=True)
class IdentityPoolArgs:
    """Settings and secrets of the stack, and the node of each identity in use.

    Keys and transactions come after `claim`, custom resources after `prerequisites`.
    """

    settings: Settings
    prepared: Prepared
    users: pulumi.Output[Mapping[str, str]]
    claim: pulumi.Resource
    prerequisites: list[pulumi.Resource]


class IdentityPool(pulumi.ComponentResource):
    """The identities of one pool, and the objects of the pool as a whole.

    Keys are separate resources and come before any transaction, so that the state has them before funds are sent. An
    identity is registered in the cluster only after it was observed complete on chain.
    """

    network: str
    """Name of the pool's network."""
    protocols: Protocols
    """The pool's network, as the configuration of its nodes describes it."""
    secret_name: str
    """The Secret with the wallet key, the identity password and the API token."""
    secrets: list[pulumi.Resource]
    """The Secrets that a node's pod reads and that the program creates."""
    identities: dict[str, IdentityHoprd]
    """The identities that nodes may use, by name, in order."""
    identity_summaries: dict[str, dict[str, pulumi.Input[Any]]]
    """The stack output of each identity, including retired ones; without the phase of those in service."""
    prerequisites: list[pulumi.Resource]
    """Resources that must exist before any custom resource."""
    summary: dict[str, pulumi.Input[Any]]
    """The stack output of the pool, without its status."""
    on_destroy: pulumi.Output[str]
    """What a destroy does to the pool's money and volumes."""
    resource: HoprResource
    """The custom resource."""
    objects: list[pulumi.Resource]
    """The objects of the pool as a whole."""
    usable: pulumi.Input[int]
    """How many of its identities in service are complete on chain."""

    def __init__(self, name: str, args: IdentityPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:IdentityPool", name, None, opts)
        settings, pool = args.settings, args.settings.pools[name]
        self._pulumi_name, self._args = name, args
        self.network = settings.network.name
        self.protocols = Protocols(settings.network, settings.chain)
        self.prerequisites = args.prerequisites
        self.secret_name = pool.secret_name or names.wallet_secret(name)

        keys = self._keys(pool)
        nodes = {identity: self._node(identity, key) for identity, key in keys.items()}
        on_chain = PoolOnChain(
            f"{name}-on-chain",
            PoolOnChainArgs(
                name,
                settings,
                nodes=nodes,
                identity_files={identity: key.identity_file for identity, key in keys.items()},
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[args.claim]),
        )
        self.resource = HoprResource(
            f"{name}-resource",
            kind=names.POOL_KIND,
            name=name,
            namespace=settings.platform.namespace,
            labels=labels.pool(name, self.network),
            spec=pool_spec(pool, self.network, self.secret_name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.prerequisites),
        )
        in_service = {identity: keys[identity] for identity in pool.in_service(name)}
        self.identities = {
            identity: self._identity(identity, key, on_chain, self.resource) for identity, key in in_service.items()
        }
        self.identity_summaries = {
            identity: self.identities[identity].summary
            if identity in in_service
            else retired_summary(name, key.peer_id, self._seen(on_chain, identity, RETIRED))
            for identity, key in keys.items()
        }
        files = {identity: key.identity_file for identity, key in keys.items()}
        self.objects = self._objects(pool, self.resource, files, on_chain)
        self.usable = self._usable(on_chain, in_service)
        self.on_destroy = on_chain.identities.apply(lambda seen: on_destroy(name, pool, seen, settings.wallet.address))
        self.summary = {"network": self.network, "wallet": on_chain.wallet_address}
        self.register_outputs(self.summary)

    def _keys(self, pool: Pool) -> dict[str, NodeKeys]:
        settings, name = self._args.settings, self._pulumi_name
        opts = pulumi.ResourceOptions(parent=self, protect=pool.protect_keys, depends_on=[self._args.claim])
        return {
            identity: NodeKeys(f"{identity}-keys", settings, name, identity, opts)
            for identity in pool.identity_names(name)
        }

    def _node(self, identity: str, key: NodeKeys) -> pulumi.Output[str]:
        """The native address of an identity, from the configuration if possible, so that the first preview has it.

        A preview also has the nodes of keys that were found. Otherwise it is the id of the keys, which a preview has
        even while the file is re-encrypted.
        """
        prepared = self._args.prepared
        if found := prepared.found.get(identity):
            return pulumi.Output.from_input(found.native_address)
        origin = KeyOrigin.of(self._args.settings, self._pulumi_name, identity)
        known = origin.known_address(prepared.secrets)
        return pulumi.Output.from_input(known) if known else key.id

    def _identity(self, name: str, key: NodeKeys, on_chain: PoolOnChain, resource: HoprResource) -> IdentityHoprd:
        settings, known = self._args.settings, self._args.prepared.known.get(name, {})
        args = IdentityHoprdArgs(
            pool_name=self._pulumi_name,
            network=self.network,
            platform=settings.platform,
            retain_volume=settings.pools[self._pulumi_name].retain_volumes,
            pool_resource=resource,
            peer_id=_known(key, known, "peerId", key.peer_id),
            native_address=_known(key, known, "nativeAddress", key.native_address),
            identity_file=key.identity_file,
            on_chain=self._seen(on_chain, name, IN_SERVICE),
            node_name=self._args.users.apply(lambda users: users.get(name)),
        )
        return IdentityHoprd(name, args, pulumi.ResourceOptions(parent=self))

    def _usable(self, on_chain: PoolOnChain, in_service: Collection[str]) -> pulumi.Input[int]:
        """The number of identities that are complete on chain: all of them after `pulumi up`, as a preview shows."""
        if self._args.prepared.known:
            return on_chain.urn.apply(lambda _: len(in_service))
        return on_chain.identities.apply(lambda seen: sum(identity in seen for identity in in_service))

    def _seen(self, on_chain: PoolOnChain, identity: str, keys: Iterable[str]) -> Mapping[str, pulumi.Output[Any]]:
        """The state of an identity on chain; in a preview, what is known already replaces the unknown outputs."""
        known, observed = self._args.prepared.known.get(identity, {}), on_chain.identity(identity)
        return {key: _known(on_chain, known, key, observed[key]) for key in keys}

    def _objects(
        self, pool: Pool, resource: HoprResource, files: Mapping[str, pulumi.Output[str]], on_chain: PoolOnChain
    ) -> list[pulumi.Resource]:
        """Register the objects of the pool as a whole, and set `secrets`."""
        settings = self._args.settings
        plan = PoolPlan(self._pulumi_name, self.network, settings.platform.namespace, resource.owner)
        objects = PoolObjects(plan, self, resource)
        self.secrets = [objects.identity_files(files)]
        if pool.secret_name is None:
            pays_top_ups = pool.funding is not None and pool.funding.secret_name is None
            self.secrets.append(objects.wallet(self._args.prepared.secrets, pays_top_ups=pays_top_ups))
        registered = [*self.secrets, objects.account()]
        if settings.platform.monitoring:
            registered.append(objects.monitor())
        if funding := pool.funding:
            images, rpc_url = settings.platform.images, settings.chain.rpc_url
            text = self._top_up_order(funding, on_chain) if images.top_up else None
            order = objects.funding_order(self._native_addresses(), text, on_chain)
            registered += [order, *objects.funding(funding, images, self.secret_name, rpc_url, order)]
        return registered

    def _native_addresses(self) -> pulumi.Output[str]:
        """The nodes that the funding job pays: those of the IdentityHoprd objects, so none of a retired identity."""
        listed = (identity.public_data["nativeAddress"] for identity in self.identities.values())
        return pulumi.Output.all(*listed).apply(funding_manifests.addresses)

    def _top_up_order(self, funding: Funding, on_chain: PoolOnChain) -> pulumi.Output[str]:
        settings, name = self._args.settings, self._pulumi_name
        return on_chain.identities.apply(
            lambda seen: top_up_order.order_json(settings, name, funding, {one: seen[one] for one in self.identities})
        )


def _known(
    source: pulumi.Resource, known: Mapping[str, Any], key: str, output: pulumi.Output[Any]
) -> pulumi.Output[Any]:
    """The known value in place of an unknown output of `source`, and as late as that output.

    A resource must never register before one on which its state depends: with `--target`, the engine then takes that
    one from the state, and refuses its registration as a duplicate.
    """
    return output if known.get(key) is None else source.urn.apply(lambda _: known[key])
