"""Our custom resources as Pulumi registers them: the object first, its finalizer and status at the very end.

The object has to exist before its children, which name its uid as their owner; its status is what was seen of them. So
the object is registered without a status, and a patch of the same object (server-side apply under a field manager of
its own) brings finalizer and status once the children are there. On destroy the patch goes first and gives both up,
which lets the object go.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions

from components.manifests import names
from components.manifests.metadata import SKIP_AWAIT, Later, metadata, owner_reference
from components.outputs import once_created


class HoprResource(apiextensions.CustomResource):
    """One object of the group `hoprnet.org`."""

    metadata: pulumi.Output[Any]

    def __init__(
        self,
        resource_name: str,
        *,
        kind: str,
        name: str,
        namespace: str,
        labels: Mapping[str, str],
        spec: pulumi.Input[Mapping[str, Any]],
        owner: Mapping[str, Later] | None = None,
        annotations: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        described = metadata(name, namespace, labels, annotations={**SKIP_AWAIT, **(annotations or {})}, owner=owner)
        self._described_as = (kind, name, namespace)  # the SDK has a `_name` of its own
        super().__init__(resource_name, names.API_VERSION, kind, spec=spec, metadata=described, opts=opts)

    @property
    def owner(self) -> dict[str, Later]:
        """The reference that children carry; open in the preview of a change, which leaves the uid out."""
        kind, name, _ = self._described_as
        uid = once_created(self, self.metadata, lambda seen: seen.get("uid", pulumi.UNKNOWN))
        return owner_reference(kind, name, uid)

    def patch(
        self, resource_name: str, status: pulumi.Input[Mapping[str, Any]], opts: pulumi.ResourceOptions
    ) -> "StatusPatch":
        """Finalizer and status of this object."""
        kind, name, namespace = self._described_as
        props = {
            "apiVersion": names.API_VERSION,
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": namespace,
                "annotations": SKIP_AWAIT,
                "finalizers": [names.FINALIZER],
            },
            "status": status,
        }
        return StatusPatch(kind, resource_name, props, opts)


class StatusPatch(pulumi.CustomResource):
    """Finalizer and status of one object; the SDK's own patch class has no argument for the status."""

    def __init__(self, kind: str, resource_name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(f"kubernetes:{names.API_VERSION}:{kind}Patch", resource_name, dict(props), opts)
