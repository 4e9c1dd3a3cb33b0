"""One identity in the cluster: its custom resource, its volume, its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.core import v1 as core

from components.custom_resources import HoprResource
from components.manifests import labels, names
from components.manifests.metadata import KEEP_DEPENDENTS, Later
from components.manifests.specs import identity_spec
from components.manifests.status import identity_status
from components.manifests.volume import volume_claim
from config.models.platform import Platform
from config.models.scalars import amount_text

# The API server answers with the whole object; what it says of the spec is kept encrypted in the state.
_WITH_IDENTITY_FILE = ["spec"]


@dataclass(frozen=True)
class IdentityHoprdArgs:
    """What is known of the identity: its pool, its keys' public data and file, its state on chain, its node."""

    pool_name: str
    network: str
    platform: Platform
    retain_volume: bool
    pool_owner: Mapping[str, Later]
    peer_id: pulumi.Input[str]
    native_address: pulumi.Input[str]
    identity_file: pulumi.Input[str]
    on_chain: pulumi.Output[Mapping[str, Any]]
    node_name: pulumi.Input[str | None]


class IdentityHoprd(pulumi.ComponentResource):
    """An identity of a pool, complete on chain before it appears here.

    The volume belongs to the identity and not to a node: removing the node keeps the database.
    """

    public_data: dict[str, pulumi.Input[str]]
    """peerId, nativeAddress, safeAddress and moduleAddress."""
    balances: dict[str, pulumi.Output[str]]
    """`xdai` of the node and `wxhopr` of the Safe as last seen, decimal text."""
    summary: dict[str, pulumi.Input[Any]]
    """What the stack's output says of the identity."""
    volume: core.PersistentVolumeClaim
    """The database's volume, of the identity's name."""

    def __init__(self, name: str, args: IdentityHoprdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:IdentityHoprd", name, None, opts)
        namespace = args.platform.namespace
        described = labels.identity(name, args.pool_name, args.network)
        self.balances = {
            "xdai": args.on_chain["nodeXdaiWei"].apply(decimal),
            "wxhopr": args.on_chain["safeWxhoprWei"].apply(decimal),
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
        resource = HoprResource(
            f"{name}-resource",
            kind=names.IDENTITY_KIND,
            name=name,
            namespace=namespace,
            labels=described,
            spec=identity_spec(args.pool_name, args.identity_file, self.public_data),
            owner=args.pool_owner,
            annotations=KEEP_DEPENDENTS if args.retain_volume else None,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=_WITH_IDENTITY_FILE),
        )
        claim = volume_claim(name, namespace, described, resource.owner, args.platform.persistence)
        self.volume = core.PersistentVolumeClaim(
            f"{name}-volume",
            metadata=claim["metadata"],
            spec=claim["spec"],
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.retain_volume),
        )
        status = pulumi.Output.from_input(args.node_name).apply(identity_status)
        resource.patch(
            f"{name}-status",
            status,
            pulumi.ResourceOptions(
                parent=self, depends_on=[resource, self.volume], additional_secret_outputs=_WITH_IDENTITY_FILE
            ),
        )
        self.summary = {
            "pool": args.pool_name,
            **self.public_data,
            "founder": args.on_chain["founder"],
            **self.balances,
            "runwayDays": runways,
            "phase": status["phase"],
            "node": args.node_name,
        }
        self.register_outputs(self.summary)


def _days(runway: Mapping[str, Any]) -> float | None:
    """Days that a balance lasts at the pace since it last rose; None while that is not known."""
    days: float | None = runway.get("days")
    return days


def decimal(wei: str) -> str:
    """An amount in the state (wei), as people read it."""
    return amount_text(int(wei))
