"""An object of the cluster, registered as plain data.

The classes of pulumi_kubernetes translate each nested key for snake_case names, and their import reads hundreds of
classes: a second of each run. Manifests have the names of the API already.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

_SECRET_FIELDS = ["data", "stringData"]


class KubernetesObject(pulumi.CustomResource):
    """An object of any kind; `content` is the manifest without `apiVersion` and `kind`."""

    metadata: pulumi.Output[Any]
    status: pulumi.Output[Any]

    def __init__(
        self,
        resource_name: str,
        api_version: str,
        kind: str,
        content: Mapping[str, pulumi.Input[Any]],
        opts: pulumi.ResourceOptions,
        *,
        patch: bool = False,
    ) -> None:
        """With `patch`, the resource owns only the fields of `content`, of an object that belongs to somebody else."""
        # Outputs appear only as attributes if they are listed here.
        properties = {"apiVersion": api_version, "kind": kind, "metadata": None, "status": None, **content}
        if kind == "Secret":
            encrypted = {field: pulumi.Output.secret(content[field]) for field in _SECRET_FIELDS if field in content}
            properties.update(encrypted)
            outputs = pulumi.ResourceOptions(additional_secret_outputs=_SECRET_FIELDS)
            opts = pulumi.ResourceOptions.merge(opts, outputs)
        token = f"kubernetes:{_group_version(api_version)}:{kind}{'Patch' if patch else ''}"
        super().__init__(token, resource_name, properties, opts)

    @classmethod
    def of(
        cls, resource_name: str, manifest: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions
    ) -> "KubernetesObject":
        """Register a whole manifest."""
        content = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
        return cls(resource_name, str(manifest["apiVersion"]), str(manifest["kind"]), content, opts)


def _group_version(api_version: str) -> str:
    """Pulumi's types name the core group."""
    return f"core/{api_version}" if "/" not in api_version else api_version
