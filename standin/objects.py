"""Kubernetes objects as plain dicts, and how Pulumi names them: type tokens, URNs, ids, annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ProviderError

KubeObject = dict[str, Any]

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
PATCH_FORCE = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"

# The API server stores objects of these groups in typed form: it drops empty values and normalizes quantities.
BUILT_IN_GROUPS = frozenset(
    {
        *("", "apps", "autoscaling", "batch", "policy"),
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io"),
        *("authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io"),
        *("flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io"),
        *("resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io"),
    }
)


@dataclass(frozen=True, slots=True)
class TypeToken:
    """`kubernetes:<group>/<version>:<Kind>`, the group `core` being the empty one."""

    group: str
    version: str
    kind: str

    @classmethod
    def of_urn(cls, urn: str) -> TypeToken:
        """Return the type at the end of the URN's type path; raise ProviderError for other packages."""
        parts = urn.split("::", 3)
        token = parts[2].rsplit("$", 1)[-1] if len(parts) == 4 else ""
        package, _, rest = token.partition(":")
        group_version, _, kind = rest.partition(":")
        group, _, version = group_version.partition("/")
        if package != "kubernetes" or not version or not kind:
            raise ProviderError(
                f"{token!r} is not a Kubernetes resource type; expected 'kubernetes:<group>/<version>:<Kind>'"
            )
        return cls("" if group == "core" else group, version, kind)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def is_patch_of(self, kind: str) -> bool:
        """Whether this is the Patch resource of `kind` (and not a kind whose own name ends in Patch)."""
        return self.kind == f"{kind}Patch"


def resource_name(urn: str) -> str:
    """Return the resource's name in the program."""
    return urn.split("::", 3)[3]


def group_of(obj: Mapping[str, Any]) -> str:
    group, slash, _ = str(obj.get("apiVersion", "")).partition("/")
    return group if slash else ""


def is_built_in(obj: Mapping[str, Any]) -> bool:
    return group_of(obj) in BUILT_IN_GROUPS


def is_crd(obj: Mapping[str, Any]) -> bool:
    return obj.get("kind") == "CustomResourceDefinition" and group_of(obj) == "apiextensions.k8s.io"


def is_secret(obj: Mapping[str, Any]) -> bool:
    return obj.get("kind") == "Secret" and obj.get("apiVersion") in {"v1", "core/v1"}


def metadata(obj: Mapping[str, Any]) -> dict[str, Any]:
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def name_of(obj: Mapping[str, Any]) -> str:
    name = metadata(obj).get("name", "")
    return name if isinstance(name, str) else ""


def namespace_of(obj: Mapping[str, Any]) -> str:
    namespace = metadata(obj).get("namespace", "")
    return namespace if isinstance(namespace, str) else ""


def annotation(obj: Mapping[str, Any], key: str) -> str:
    annotations = metadata(obj).get("annotations")
    value = annotations.get(key, "") if isinstance(annotations, dict) else ""
    return value if isinstance(value, str) else ""


def annotated(obj: Mapping[str, Any], key: str) -> bool:
    """Whether the annotation is `"true"`."""
    return annotation(obj, key) == "true"


def id_of(obj: Mapping[str, Any]) -> str:
    """Return `[namespace/]name`, the id in Pulumi's state."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def parse_id(resource_id: str) -> tuple[str, str]:
    """Return the namespace (may be empty) and the name."""
    namespace, slash, name = resource_id.partition("/")
    return (namespace, name) if slash else ("", namespace)


def describe(obj: Mapping[str, Any]) -> str:
    """Return `Kind namespace/name`, for messages."""
    return f"{obj.get('kind', 'object')} {id_of(obj)}"


def dig(obj: Any, *path: str) -> Any:
    """Return the value at a path of keys, or None."""
    for key in path:
        if not isinstance(obj, dict):
            return None
        obj = obj.get(key)
    return obj
