"""The dynamic Pulumi resources `Presence`, `FleetFinalizers` and `FleetStatus`, one of each for the whole stack."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from components import marking
from components.status.presence import key_of, trigger
from components.status.provider import (
    OBJECTS,
    RESOURCES,
    STATUSES,
    TIMEOUT,
    TOKENS,
    FleetFinalizersProvider,
    FleetStatusProvider,
    PresenceProvider,
)
from config.models.platform import Platform
from summary.recorded import RecordedObject


class Presence(Resource, module="hoprd", name="Presence"):
    """Which objects somebody has deleted since the last run."""

    tokens: pulumi.Output[Mapping[str, str]]

    def __init__(
        self,
        name: str,
        platform: Platform,
        objects: Iterable[RecordedObject],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`objects` are the recorded objects that this run registers again, in the same namespace."""
        looked_for = list(objects)
        self._keys = {key_of(one.kind, one.resource) for one in looked_for}
        props = {**_place(platform), OBJECTS: [asdict(one) for one in looked_for], TOKENS: None}
        super().__init__(PresenceProvider(), name, props, opts)

    def restoring(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """The transformation that gives an object its replacement trigger."""
        if not marking.is_object(args):
            return None
        key = key_of(marking.kind_of(args), args.name)
        opts = pulumi.ResourceOptions(replacement_trigger=self.tokens.apply(lambda tokens: trigger(tokens, key)))
        if key in self._keys:  # the new object has the same name
            opts.delete_before_replace = True
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, opts))


class FleetFinalizers(Resource, module="hoprd", name="FleetFinalizers"):
    """Removes the finalizers; it must depend on the custom resources, so that it is deleted before them."""

    def __init__(
        self,
        name: str,
        platform: Platform,
        resources: Mapping[str, Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`resources` are the names of the custom resources by kind."""
        by_kind = {kind: list(found) for kind, found in resources.items()}
        super().__init__(FleetFinalizersProvider(), name, {**_place(platform), RESOURCES: by_kind}, opts)


@dataclass(frozen=True)
class FleetStatusArgs:
    """The platform, and the properties of a `DesiredFleet`.

    A node has a `digest` too, which changes with its Deployment, so that a preview shows that the status will change.
    """

    platform: Platform
    pools: Mapping[str, Mapping[str, Any]]
    clusters: Mapping[str, Mapping[str, Any]]
    nodes: Mapping[str, Mapping[str, Any]]


class FleetStatus(Resource, module="hoprd", name="FleetStatus"):
    """The status of each custom resource, as the cluster shows it. It must depend on everything else."""

    statuses: pulumi.Output[dict[str, dict[str, dict[str, Any]]]]
    """By kind and name, without the time and checksum of the last change."""

    def __init__(self, name: str, args: FleetStatusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            **_place(args.platform),
            TIMEOUT: args.platform.deployment_timeout_s,
            "pools": args.pools,
            "clusters": args.clusters,
            "nodes": args.nodes,
            STATUSES: None,
        }
        super().__init__(FleetStatusProvider(), name, props, opts)

    def of(self, kind: str, name: str, field: str = "phase") -> pulumi.Output[Any]:
        """A field of the status of one custom resource; None while the object does not exist."""
        return self.statuses.apply(lambda statuses: statuses.get(kind, {}).get(name, {}).get(field))


def _place(platform: Platform) -> dict[str, Any]:
    return {"context": platform.kube_context, "namespace": platform.namespace}
