"""Requests to the API server, with one sentence for each failure."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlencode

from config.errors import HoprdError
from identity.cluster.kubeconfig import connect, named

_log = logging.getLogger(__name__)

Object = dict[str, Any]

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT = 401, 403, 404, 409
_CONNECT_TIMEOUT_S, _TIMEOUT_S = 5, 10
_BUSY = (429, 500, 502, 503, 504)
_EACH_RETRY: dict[str, Any] = {"allowed_methods": None, "raise_on_status": False}  # every request may be repeated
_JSON = "application/json"
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_APPLY = "application/apply-patch+yaml"  # JSON is YAML
_MERGE = "application/merge-patch+json"


class ClusterUnreachable(HoprdError):
    """No API server answers."""


class ClusterRefused(HoprdError):
    """The API server rejected a request; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ClusterApi:
    """The API server of a kubeconfig's context. Use it in a `with` statement.

    Methods raise ClusterUnreachable, ClusterRefused, and NoUsableContext on entering.
    """

    def __init__(self, context: str | None) -> None:
        self._context = context

    def __enter__(self) -> Self:
        self._client = connect(self._context)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str) -> Object | None:
        """Return the object at this path, or None if it or its kind does not exist."""
        try:
            return self._send("GET", path)
        except ClusterRefused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise

    def find(self, path: str) -> list[Object] | None:
        """Return the metadata of all objects of a collection, or None if its kind does not exist."""
        return self._found(path, None, _METADATA_ONLY)

    def _found(self, path: str, selectors: Mapping[str, str] | None, accept: str) -> list[Object] | None:
        try:
            answer = self._send("GET", path, selectors, accept=accept)
        except ClusterRefused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise
        return list(answer.get("items") or [])

    def list(
        self, path: str, *, metadata_only: bool = True, selectors: Mapping[str, str] | None = None
    ) -> list[Object]:
        """Return the objects of a collection that the selectors (`labelSelector`, `fieldSelector`) select.

        Return none if its kind does not exist.
        """
        accept = _METADATA_ONLY if metadata_only else _JSON
        return self._found(path, selectors, accept) or []

    def apply(self, path: str, obj: Mapping[str, Any], manager: str) -> Object:
        """Server-side apply that takes over fields: this manager owns exactly the fields of `obj` afterwards.

        With a `metadata.resourceVersion`, status 409 means that the object has changed since.
        """
        query = {"fieldManager": manager, "force": "true"}
        return self._send("PATCH", path, query, dict(obj), content_type=_APPLY)

    def merge(self, path: str, patch: Mapping[str, Any], manager: str) -> Object:
        """Apply a JSON merge patch, in which None removes a field."""
        return self._send("PATCH", path, {"fieldManager": manager}, dict(patch), content_type=_MERGE)

    def delete(self, path: str, uid: str) -> None:
        """Request the deletion of the object with this uid; another or no object at the path is not an error."""
        try:
            self._send("DELETE", path, body={"preconditions": {"uid": uid}})
        except ClusterRefused as refused:
            if refused.status not in (NOT_FOUND, CONFLICT):
                raise

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        accept: str = _JSON,
        content_type: str = _JSON,
    ) -> Object:
        from urllib3 import Retry, Timeout  # noqa: PLC0415 - imported with the client, which takes a second
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        headers = {"Accept": accept, "Content-Type": content_type, **self._client.default_headers}
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        url = self._client.configuration.host.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        _log.debug("%s %s", method, path)
        try:
            response = self._client.rest_client.pool_manager.request(
                method,
                url,
                headers=headers,
                body=None if body is None else json.dumps(body).encode(),
                timeout=Timeout(connect=_CONNECT_TIMEOUT_S, read=_TIMEOUT_S),
                retries=Retry(connect=1, read=1, status=3, backoff_factor=0.2, status_forcelist=_BUSY, **_EACH_RETRY),
            )
        except (HTTPError, OSError) as error:
            raise ClusterUnreachable(
                f"the cluster of the {named(self._context)} does not respond: check platform.kubeContext and the "
                "network"
            ) from error
        if response.status >= 400:
            raise ClusterRefused(response.status, _refusal(response.status, response.data, f"{method} {path}"))
        answer: Object = json.loads(response.data or "{}")
        return answer


def _refusal(status: int, body: bytes, request: str) -> str:
    """One sentence, with the server's message where the causes have no fix in common."""
    if status == UNAUTHORIZED:
        return "the cluster rejects the kubeconfig's credentials: log in again"
    try:
        message = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        message = "no reason given"
    if status == FORBIDDEN:
        return f"the kubeconfig's user lacks a permission: {message}"
    return f"the cluster rejects {request} with status {status}: {message}"
