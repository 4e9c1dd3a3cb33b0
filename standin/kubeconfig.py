"""The cluster of the provider's settings or of the ambient kubeconfig, and a client for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import Unreachable

POOL_SIZE = 128  # connections that stay open; a burst opens more and closes them again


@dataclass(frozen=True)
class ClusterAccess:
    """A configured API client (kubernetes.client.ApiClient) and the default namespace."""

    client: Any
    namespace: str


def connect(variables: Mapping[str, str]) -> ClusterAccess:
    """Read the kubeconfig that the settings `kubeconfig`, `context`, `cluster` and `namespace` select.

    Sends no request. Raise Unreachable with the reason if the kubeconfig is missing or invalid.
    """
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415  0.7 s to import
    from kubernetes.config import load_kube_config_from_dict  # noqa: PLC0415
    from kubernetes.config.config_exception import ConfigException  # noqa: PLC0415

    document = read_kubeconfig(variables.get("kubeconfig", ""))
    context_name = variables.get("context") or document.get("current-context", "")
    context = _named(document, "contexts", "context", context_name)
    if context is None:
        known = ", ".join(str(entry.get("name")) for entry in document.get("contexts") or []) or "none"
        raise Unreachable(f"the kubeconfig has no context {context_name!r}; it has: {known}")
    if variables.get("cluster"):
        context["cluster"] = variables["cluster"]

    configuration = Configuration()
    try:
        load: Any = load_kube_config_from_dict  # untyped upstream
        load(document, context=context_name, client_configuration=configuration)
    except ConfigException as error:
        raise Unreachable(f"the kubeconfig cannot be used: {error}") from None
    configuration.connection_pool_maxsize = POOL_SIZE
    return ClusterAccess(
        ApiClient(configuration), variables.get("namespace") or str(context.get("namespace") or "default")
    )


def read_kubeconfig(text_or_path: str) -> dict[str, Any]:
    """Return the kubeconfig from a text, a path, or (if empty) from $KUBECONFIG or ~/.kube/config.

    Of several files in $KUBECONFIG, the first that exists is read. File names in the document become absolute.
    """
    folder = Path()
    text = text_or_path
    is_text = "\n" in text_or_path or text_or_path.lstrip().startswith("{")
    if not is_text:
        path = Path(text_or_path).expanduser() if text_or_path else _ambient_path()
        try:
            text, folder = path.read_text(encoding="utf-8"), path.parent
        except OSError as error:
            raise Unreachable(f"the kubeconfig {path} cannot be read: {error.strerror}") from None
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        raise Unreachable("the kubeconfig is not valid YAML") from None  # the parser's message would quote credentials
    if not isinstance(document, dict):
        raise Unreachable("the kubeconfig is not a YAML mapping")
    _make_absolute(document, folder)
    return document


def active_cluster(document: Mapping[str, Any], context_name: str, cluster_name: str) -> dict[str, Any] | None:
    """Return the cluster entry of a context, to decide whether a changed kubeconfig selects another cluster."""
    context = _named(document, "contexts", "context", context_name or str(document.get("current-context", "")))
    return _named(document, "clusters", "cluster", cluster_name or str((context or {}).get("cluster", "")))


def _ambient_path() -> Path:
    candidates = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    candidates = candidates or [Path.home() / ".kube" / "config"]
    return next((path for path in candidates if path.exists()), candidates[0])


def _make_absolute(document: Mapping[str, Any], folder: Path) -> None:
    for section, key in (("clusters", "cluster"), ("users", "user")):
        for entry in document.get(section) or []:
            body = entry.get(key) or {}
            for field in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
                if body.get(field):
                    body[field] = str((folder / body[field]).absolute())


def _named(document: Mapping[str, Any], section: str, key: str, name: str) -> dict[str, Any] | None:
    for entry in document.get(section) or []:
        if isinstance(entry, dict) and entry.get("name") == name:
            body = entry.get(key)
            return body if isinstance(body, dict) else {}
    return None
