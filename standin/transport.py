"""HTTP requests to the API server, repeated while the server is busy or the connection breaks."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from .errors import ApiError, Cancelled, Unreachable

_BUSY = frozenset([429, 502, 503, 504])
_ATTEMPTS = 10
_CONNECTION_ATTEMPTS = 6
_LONGEST_PAUSE_S = 5.0
_TIMEOUT = urllib3.Timeout(connect=10, read=60)
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str] | None
    payload: bytes | None = None
    content_type: str = _JSON


class Http:
    """Requests with the official client's connection pool and credentials. Thread-safe."""

    def __init__(self, client: Any, cancelled: threading.Event) -> None:
        self._client = client
        self._pool: urllib3.PoolManager = client.rest_client.pool_manager
        self._server: str = client.configuration.host.rstrip("/")
        self._cancelled = cancelled

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = _JSON,
    ) -> dict[str, Any]:
        """Send a request and return the decoded response.

        Every request of this provider may be repeated: applies, replacements of a version, reads and deletions. Only a
        creation whose connection broke is not, because the object may exist by then.
        Raise ApiError if the server rejects it, Unreachable if no server answers, or Cancelled.
        """
        request = _Request(method, path, query, None if body is None else json.dumps(body).encode(), content_type)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = self._open(request, _TIMEOUT, preload=True)
            except urllib3.exceptions.SSLError as error:
                raise Unreachable(
                    f"the API server at {self._server} has no trusted certificate: {_reason(error)}"
                ) from None
            except urllib3.exceptions.HTTPError as error:
                sent = method == "POST" and not isinstance(error, urllib3.exceptions.NewConnectionError)
                if attempt >= _CONNECTION_ATTEMPTS or sent:
                    raise Unreachable(f"the API server at {self._server} does not answer: {_reason(error)}") from None
                self._pause(attempt, None)
                continue
            if response.status < 400:
                return _decoded(response.data)
            error_response = _error_of(response.status, response.data)
            busy = response.status in _BUSY or (error_response.reason == "InternalError" and attempt <= 3)
            if not busy or attempt == _ATTEMPTS:
                raise error_response
            self._pause(attempt, response.headers.get("Retry-After"))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def stream(self, path: str, query: Mapping[str, str], timeout_s: float) -> urllib3.BaseHTTPResponse:
        """Open a watch; the caller reads lines and closes it."""
        response = self._open(_Request("GET", path, query), urllib3.Timeout(connect=10, read=timeout_s), preload=False)
        if response.status >= 400:
            raise _error_of(response.status, response.read())
        return response

    def _open(self, request: _Request, timeout: urllib3.Timeout, *, preload: bool) -> urllib3.BaseHTTPResponse:
        if self._cancelled.is_set():
            raise Cancelled
        headers = {**self._client.default_headers, "Accept": _JSON}
        if request.payload is not None:
            headers["Content-Type"] = request.content_type
        self._client.update_params_for_auth(headers, [], ["BearerToken"], request.path, request.method, request.payload)
        url = self._server + request.path + (f"?{urlencode(request.query)}" if request.query else "")
        return self._pool.request(
            request.method,
            url,
            body=request.payload,
            headers=headers,
            timeout=timeout,
            retries=False,
            preload_content=preload,
        )

    def _pause(self, attempt: int, retry_after: str | None) -> None:
        spread = random.uniform(0.7, 1.3)  # noqa: S311  so that waiting threads do not all retry at once
        pause = min(_LONGEST_PAUSE_S, 0.1 * 2 ** (attempt - 1)) * spread
        if retry_after and retry_after.isdigit():
            pause = max(pause, min(float(retry_after), _LONGEST_PAUSE_S))
        if self._cancelled.wait(pause):
            raise Cancelled


def _decoded(data: bytes) -> dict[str, Any]:
    document = json.loads(data) if data else {}
    return document if isinstance(document, dict) else {}


def _error_of(status: int, data: bytes) -> ApiError:
    try:
        document = _decoded(data)
    except ValueError:
        document = {}
    details = document.get("details") or {}
    message = str(document.get("message") or data.decode(errors="replace").strip() or f"HTTP status {status}")
    return ApiError(
        status,
        str(document.get("reason", "")),
        message,
        str(details.get("kind", "")),
        list(details.get("causes") or []),
    )


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """Return the innermost reason, without the representation of the connection object."""
    cause = error.__cause__ or error.__context__
    return str(cause) if isinstance(cause, OSError) else type(error).__name__
