"""The objects of an API server: discovery of the path of a kind, and read, apply, replace, delete, list."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ApiError, NoSuchKind
from .objects import KubeObject, name_of, namespace_of
from .transport import Http

_APPLY = "application/apply-patch+yaml"  # JSON is YAML
_JSON_PATCH = "application/json-patch+json"
_DISCOVERY_PAUSE_S = 0.2  # the shortest time between two discovery requests for a missing kind


@dataclass(frozen=True, slots=True)
class ServedKind:
    """The path under which the API server serves a kind."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the URL path of the collection, or of one object in it.

        An empty namespace means `default` for one object and all namespaces for the collection.
        """
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        if self.namespaced and (namespace or name):
            root += f"/namespaces/{namespace or 'default'}"
        return f"{root}/{self.plural}" + (f"/{name}" if name else "")


class Cluster:
    """One API server. Thread-safe. Discovered kinds are cached until a kind is missing."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self._served: dict[str, dict[str, ServedKind]] = {}
        self._discovered_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def version(self) -> str:
        """Return the server's version. This is the first request of a run, to check that the server answers."""
        return str(self.http.send("GET", "/version").get("gitVersion", ""))

    def served(self, obj: Mapping[str, Any]) -> ServedKind:
        """Return how this object's kind is served; raise NoSuchKind.

        A missing kind is discovered again, because its definition may be new.
        """
        api_version, kind = str(obj.get("apiVersion", "")).removeprefix("core/"), str(obj.get("kind", ""))
        found = self._served.get(api_version, {}).get(kind)
        return found or self._discover(api_version, kind)

    def forget_kinds(self) -> None:
        """Discover missing kinds again at once: a custom resource definition changed."""
        with self._lock:
            self._discovered_at.clear()

    def _discover(self, api_version: str, kind: str) -> ServedKind:
        with self._lock:
            known = self._served.get(api_version, {})
            if kind not in known and time.monotonic() - self._discovered_at.get(api_version, -1e9) > _DISCOVERY_PAUSE_S:
                known = self._served[api_version] = self._request_kinds(api_version)
                self._discovered_at[api_version] = time.monotonic()
        if kind not in known:
            raise NoSuchKind(api_version, kind)
        return known[kind]

    def _request_kinds(self, api_version: str) -> dict[str, ServedKind]:
        if not api_version:
            return {}
        try:
            answer = self.http.send("GET", f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}")
        except ApiError as error:
            if error.not_found:
                return {}
            raise
        return {
            entry["kind"]: ServedKind(api_version, entry["kind"], entry["name"], bool(entry["namespaced"]))
            for entry in answer.get("resources", [])
            if "/" not in entry["name"]
        }

    def path(self, obj: Mapping[str, Any], name: str = "") -> str:
        """Return the URL path of the object."""
        return self.served(obj).path(namespace_of(obj), name or name_of(obj))

    def get(self, obj: Mapping[str, Any], name: str = "") -> KubeObject:
        """Return the live object of this kind, namespace and name."""
        return self.http.send("GET", self.path(obj, name))

    def find(self, obj: Mapping[str, Any], name: str = "") -> KubeObject | None:
        """Return the live object, or None if it or its kind does not exist."""
        try:
            return self.get(obj, name)
        except NoSuchKind:
            return None
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def create(self, obj: KubeObject, field_manager: str, *, dry_run: bool = False) -> KubeObject:
        """Create the object (POST); an existing one is an ApiError."""
        query = {"fieldManager": field_manager, "fieldValidation": "Warn", **({"dryRun": "All"} if dry_run else {})}
        return self.http.send("POST", self.served(obj).path(namespace_of(obj) or "default"), query, obj)

    def apply(self, obj: KubeObject, field_manager: str, *, force: bool, dry_run: bool = False) -> KubeObject:
        """Server-side apply: create the object, or set this manager's fields to exactly these."""
        query = {"fieldManager": field_manager, "force": "true" if force else "false", "fieldValidation": "Warn"}
        if dry_run:
            query["dryRun"] = "All"
        return self.http.send("PATCH", self.path(obj), query, obj, _APPLY)

    def replace(self, obj: KubeObject, field_manager: str, *, dry_run: bool = False) -> KubeObject:
        """Replace the whole object (PUT); its resourceVersion must be that of the live object."""
        query = {"fieldManager": field_manager, **({"dryRun": "All"} if dry_run else {})}
        return self.http.send("PUT", self.path(obj), query, obj)

    def json_patch(self, obj: Mapping[str, Any], operations: list[dict[str, Any]]) -> KubeObject:
        """Apply a JSON patch (RFC 6902)."""
        return self.http.send("PATCH", self.path(obj), None, operations, _JSON_PATCH)

    def delete(self, obj: Mapping[str, Any], propagation: str) -> KubeObject:
        """Request the deletion. Return the object while finalizers or dependents keep it, else a Status."""
        return self.http.send("DELETE", self.path(obj), None, {"propagationPolicy": propagation})

    def list(self, kind: Mapping[str, Any], namespace: str, selector: str = "") -> list[KubeObject]:
        """Return the objects of a kind in a namespace."""
        answer = self.http.send(
            "GET", self.served(kind).path(namespace), {"labelSelector": selector} if selector else None
        )
        return list(answer.get("items") or [])
