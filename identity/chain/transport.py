"""HTTP requests with one deadline each and a limit on the size of the response, whatever the endpoint sends.

The time-outs of HTTP clients count from one packet to the next, so an endpoint that sends a byte a second keeps a
request open for ever. Here, a timer shuts the connection down, in whatever state it is.
"""

import contextlib
import re
import socket
import threading
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_netrc_auth
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

MOST_BYTES = 16 * 2**20
"""The largest response that is read; that of an observation of 100 identities has a tenth of it."""
_CHUNK_BYTES = 2**16
_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "hoprd-pulumi"}
_CONNECT_TIMEOUT_S = 10.0
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_current = threading.local()


class DeadlineOver(Exception):
    """The response was not complete at the deadline."""


class ResponseTooLarge(Exception):
    """The response has more than MOST_BYTES bytes."""


@dataclass(frozen=True)
class Response:
    """An HTTP response; `retry_after_s` is the pause that it asks for, None without one."""

    status: int
    body: bytes
    retry_after_s: float | None


class Transport:
    """Posts JSON to one URL; safe for several threads. Closes its connections when it is collected."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter())
        self._read_environment()
        weakref.finalize(self, self._session.close)

    def _read_environment(self) -> None:
        """Read proxies, certificates and ~/.netrc once; a session reads the whole environment for each request."""
        session = self._session
        session.auth = get_netrc_auth(self._url)
        settings = session.merge_environment_settings(self._url, {}, None, None, None)
        session.proxies, session.verify = settings["proxies"], settings["verify"]
        session.trust_env = False

    def post(self, body: bytes, timeout_s: float) -> Response:
        """Return the complete response; raise DeadlineOver, ResponseTooLarge or requests.RequestException."""
        deadline = _Deadline()
        timer = threading.Timer(timeout_s, deadline.end)
        timer.daemon = True
        timer.start()
        _current.deadline = deadline
        try:
            response = self._post(body, timeout_s)
        except requests.Timeout:
            raise DeadlineOver from None
        except requests.RequestException:
            if deadline.is_over:
                raise DeadlineOver from None
            raise
        finally:
            timer.cancel()
            deadline.close()
            _current.deadline = None
        if deadline.is_over:  # a response without a length ends where the connection was shut down
            raise DeadlineOver
        return response

    def _post(self, body: bytes, timeout_s: float) -> Response:
        with self._session.post(
            self._url,
            data=body,
            headers=_HEADERS,
            timeout=(min(_CONNECT_TIMEOUT_S, timeout_s), timeout_s),
            stream=True,
            allow_redirects=False,
        ) as response:
            content = bytearray()
            for chunk in response.iter_content(_CHUNK_BYTES):
                content += chunk
                if len(content) > MOST_BYTES:
                    raise ResponseTooLarge
            return Response(response.status_code, bytes(content), _seconds(response.headers.get("Retry-After", "")))


def _seconds(retry_after: str) -> float | None:
    """Return the pause in a Retry-After header, which holds seconds or a date; None if it holds neither."""
    if _SECONDS.fullmatch(retry_after.strip()):
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
        return max((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


class _Deadline:
    """Shuts down the connection of one request when its time is over.

    It has a duplicate of the socket of its own: a connection closes its socket while the response is still read.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def watch(self, connection: socket.socket) -> None:
        """Watch this connection instead of an earlier one."""
        with self._lock:
            self._close()
            self._socket = connection.dup()
            if self.is_over:
                _shut_down(self._socket)

    def end(self) -> None:
        """Shut the connection down."""
        with self._lock:
            self.is_over = True
            if self._socket:
                _shut_down(self._socket)

    def close(self) -> None:
        """Stop watching."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be closed by now
        connection.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """Keeps a duplicate of its socket, which stays valid while TLS wraps the socket."""

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        opened = super()._new_conn()
        self._handle = opened.dup()
        self._watch()
        return opened

    def request(self, *arguments: Any, **options: Any) -> None:
        self._watch()
        super().request(*arguments, **options)

    def close(self) -> None:
        super().close()
        if self._handle:
            self._handle.close()
            self._handle = None

    def _watch(self) -> None:
        deadline: _Deadline | None = getattr(_current, "deadline", None)
        if deadline and self._handle:
            deadline.watch(self._handle)


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


_POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    """Uses connections that the deadline of a request can end; of a proxy as well."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
