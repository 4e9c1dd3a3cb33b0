"""Custom resources: Pulumi registers them without status and finalizer.

The object must exist before its children, whose owner references need its uid, and its status depends on the children.
`components.status` writes status and finalizer after the children, under a field manager of its own.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.kubernetes_object import KubernetesObject
from components.manifests import names
from components.manifests.metadata import SKIP_AWAIT, Later, metadata, owner_reference
from components.outputs import once_created


class HoprResource(KubernetesObject):
    """A custom resource of the API group `hoprnet.org`."""

    def __init__(
        self,
        resource_name: str,
        *,
        kind: str,
        name: str,
        namespace: str,
        labels: Mapping[str, str],
        spec: pulumi.Input[Mapping[str, Any]],
        owner: "HoprResource | None" = None,
        annotations: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        object_metadata = metadata(
            name,
            namespace,
            labels,
            annotations={**SKIP_AWAIT, **(annotations or {})},
            owner=owner.owner if owner else None,
        )
        if owner:
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[owner]))
        self._object_key = (kind, name, namespace)  # the SDK already uses `_name`
        super().__init__(resource_name, names.API_VERSION, kind, {"metadata": object_metadata, "spec": spec}, opts)

    @property
    def owner(self) -> dict[str, Later]:
        """The owner reference of the children, which must also depend on this resource.

        Its uid is unknown in the preview of a change, which has no uid.
        """
        kind, name, _ = self._object_key
        uid = once_created(self, self.metadata, lambda observed: observed.get("uid", pulumi.UNKNOWN))
        return owner_reference(kind, name, uid)
