"""An identity in the cluster: its custom resource and volume."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.custom_resources import HoprResource
from components.kubernetes_object import KubernetesObject
from components.manifests import labels, names
from components.manifests.metadata import KEEP_DEPENDENTS
from components.manifests.specs import identity_spec
from components.manifests.volume import volume_claim
from config.models.platform import Platform
from config.models.scalars import amount_text
from config.stack_state import DEPLOYER

# The API server returns the whole object, so the spec in its response must be encrypted in the state too.
_OUTPUTS_WITH_IDENTITY_FILE = ["spec"]
_ON_CHAIN = ("nativeAddress", "safeAddress", "moduleAddress", DEPLOYER, "nodeXdaiWei", "safeWxhoprWei")
IN_SERVICE = (*_ON_CHAIN, "nodeXdaiRunway", "safeWxhoprRunway")
"""What outputs and objects of an identity in service show of its state on chain."""
RETIRED = (*_ON_CHAIN, "safeXdaiWei")
"""The same of a retired identity."""


@dataclass(frozen=True)
class IdentityHoprdArgs:
    """The identity: its pool, the public data and file of its keys, its state on chain, and its node."""

    pool_name: str
    network: str
    platform: Platform
    retain_volume: bool
    pool_resource: HoprResource
    peer_id: pulumi.Input[str]
    native_address: pulumi.Input[str]
    identity_file: pulumi.Input[str]
    on_chain: Mapping[str, pulumi.Output[Any]]
    node_name: pulumi.Input[str | None]


class IdentityHoprd(pulumi.ComponentResource):
    """An identity of a pool. It is complete on chain before it is registered here.

    The volume belongs to the identity and not to a node: removing a node keeps the database.
    """

    public_data: dict[str, pulumi.Input[str]]
    """peerId, nativeAddress, safeAddress and moduleAddress."""
    balances: dict[str, pulumi.Output[str]]
    """`xdai` of the node and `wxhopr` of the Safe, as last observed, in decimal text."""
    summary: dict[str, pulumi.Input[Any]]
    """The stack output of the identity, without its phase."""
    resource: HoprResource
    """The custom resource."""
    volume: KubernetesObject
    """The claim of the database's volume; it has the name of the identity."""

    def __init__(self, name: str, args: IdentityHoprdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:IdentityHoprd", name, None, opts)
        namespace = args.platform.namespace
        identity_labels = labels.identity(name, args.pool_name, args.network)
        self.balances = {
            "xdai": args.on_chain["nodeXdaiWei"].apply(_decimal),
            "wxhopr": args.on_chain["safeWxhoprWei"].apply(_decimal),
        }
        runways = {
            "xdai": args.on_chain["nodeXdaiRunway"].apply(_days),
            "wxhopr": args.on_chain["safeWxhoprRunway"].apply(_days),
        }
        self.public_data = {
            "peerId": args.peer_id,
            "nativeAddress": args.native_address,
            "safeAddress": args.on_chain["safeAddress"],
            "moduleAddress": args.on_chain["moduleAddress"],
        }
        self.resource = HoprResource(
            f"{name}-resource",
            kind=names.IDENTITY_KIND,
            name=name,
            namespace=namespace,
            labels=identity_labels,
            spec=identity_spec(args.pool_name, args.identity_file, self.public_data),
            owner=args.pool_resource,
            annotations=KEEP_DEPENDENTS if args.retain_volume else None,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=_OUTPUTS_WITH_IDENTITY_FILE),
        )
        # The garbage collector deletes a volume with its owner, so a retained one has none.
        owner = None if args.retain_volume else self.resource.owner
        claim = volume_claim(name, namespace, identity_labels, owner, args.platform.persistence)
        self.volume = KubernetesObject.of(
            f"{name}-volume",
            claim,
            pulumi.ResourceOptions(parent=self, depends_on=[self.resource], retain_on_delete=args.retain_volume),
        )
        self.summary = {
            "pool": args.pool_name,
            **self.public_data,
            DEPLOYER: args.on_chain[DEPLOYER],
            **self.balances,
            "runwayDays": runways,
            "node": args.node_name,
        }
        self.register_outputs(self.summary)


def retired_summary(
    pool_name: str, peer_id: pulumi.Input[str], on_chain: Mapping[str, pulumi.Output[Any]]
) -> dict[str, pulumi.Input[Any]]:
    """The stack output of a retired identity, which has no objects in the cluster.

    `xdai` is the balance of the node, `wxhopr` and `safeXdai` are the balances of the Safe, in decimal text.
    """
    return {
        "pool": pool_name,
        "peerId": peer_id,
        "nativeAddress": on_chain["nativeAddress"],
        "safeAddress": on_chain["safeAddress"],
        "moduleAddress": on_chain["moduleAddress"],
        DEPLOYER: on_chain[DEPLOYER],
        "xdai": on_chain["nodeXdaiWei"].apply(_decimal),
        "wxhopr": on_chain["safeWxhoprWei"].apply(_decimal),
        "safeXdai": on_chain["safeXdaiWei"].apply(_decimal),
        "phase": "Retired",
        "node": None,
    }


def _days(runway: Mapping[str, Any]) -> float | None:
    """Days until the balance is spent, at the rate since the last top-up; None if unknown."""
    days: float | None = runway.get("days")
    return days


def _decimal(wei: str) -> str:
    """Format an amount of the state, which is in wei."""
    return amount_text(int(wei))
