"""Custom resources: Pulumi registers the object first, and its finalizer and status last.

The object must exist before its children, whose owner references need its uid, and its status depends on the children.
So the object is registered without a status. A patch of the same object (server-side apply with its own field manager)
sets finalizer and status after the children. On destroy, Pulumi deletes the patch first; this removes the finalizer,
and Kubernetes can delete the object.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions

from components.manifests import names
from components.manifests.metadata import SKIP_AWAIT, Later, metadata, owner_reference
from components.outputs import once_created


class HoprResource(apiextensions.CustomResource):
    """A custom resource of the API group `hoprnet.org`."""

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
        object_metadata = metadata(
            name, namespace, labels, annotations={**SKIP_AWAIT, **(annotations or {})}, owner=owner
        )
        self._object_key = (kind, name, namespace)  # the SDK already uses `_name`
        super().__init__(resource_name, names.API_VERSION, kind, spec=spec, metadata=object_metadata, opts=opts)

    @property
    def owner(self) -> dict[str, Later]:
        """The owner reference of the children; its uid is unknown in the preview of a change, which has no uid."""
        kind, name, _ = self._object_key
        uid = once_created(self, self.metadata, lambda observed: observed.get("uid", pulumi.UNKNOWN))
        return owner_reference(kind, name, uid)

    def patch(
        self, resource_name: str, status: pulumi.Input[Mapping[str, Any]], opts: pulumi.ResourceOptions
    ) -> "StatusPatch":
        """Register the patch that sets finalizer and status."""
        kind, name, namespace = self._object_key
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
    """A patch of one object. The SDK's patch class has no argument for the status."""

    def __init__(self, kind: str, resource_name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(f"kubernetes:{names.API_VERSION}:{kind}Patch", resource_name, dict(props), opts)
