"""A JSON-RPC server between the program and a chain, in which a test handles each request."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from testkit.identity.endpoint import Answer, answering

SEND = "eth_sendRawTransaction"
KEY = "planted-rpc-key"
"""The key in the URL of the program's endpoint, which no message may show."""
TIMEOUT_S = 1
"""The program's deadline of one request."""
_TIMEOUT_S = 30


@dataclass(frozen=True)
class Request:
    """One request; `count` is the number of earlier requests with its method.

    For a transaction, `count` is the number of different transactions before it, or -1 if it is sent again.
    """

    method: str
    parameters: list[Any]
    count: int


Forward: TypeAlias = Callable[..., Answer]
"""Forwards the request to the chain, unchanged or with other parameters."""
Handler: TypeAlias = Callable[[Request, Forward], Answer | None]
"""Handles a request: returns a response, or None to drop the connection."""


def pass_through(_request: Request, forward: Forward) -> Answer | None:
    return forward()


@dataclass
class Relay:
    """Serves the chain at `url`; `handler` decides on each response."""

    url: str
    handler: Handler = pass_through
    counts: Counter[str] = field(default_factory=Counter)
    sent: list[str] = field(default_factory=list)
    """Raw transactions in the order of arrival, repetitions included."""
    failures: list[BaseException] = field(default_factory=list)

    def received(self, method: str, parameters: list[Any]) -> Request:
        """Count an incoming request."""
        if method == SEND:
            raw = parameters[0]
            count = -1 if raw in self.sent else self.transactions
            self.sent.append(raw)
            return Request(method, parameters, count)
        self.counts[method] += 1
        return Request(method, parameters, self.counts[method] - 1)

    @property
    def transactions(self) -> int:
        """The number of different transactions that the program has sent."""
        return len(set(self.sent))


@contextmanager
def relaying(chain_url: str) -> Iterator[Relay]:
    """Run a relay in front of a chain; errors inside `handler` are raised at the end."""
    lock = Lock()

    def answer(asked: dict[str, Any]) -> Answer | None:
        method, parameters = asked["method"], asked["params"]
        with lock:
            request = relay.received(method, parameters)

        def forward(*changed: Any) -> Answer:
            return ask(chain_url, {**asked, "params": list(changed) or parameters})

        try:
            return relay.handler(request, forward)
        except BaseException as error:  # noqa: BLE001 - relaying() raises it in the test
            relay.failures.append(error)
            return None

    with answering(answer) as url:
        relay = Relay(url)
        yield relay
    if relay.failures:
        raise relay.failures[0]


def ask(url: str, body: dict[str, Any]) -> Answer:
    """Send one request to a JSON-RPC server; return its response unchanged."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", parts.path or "/", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


# handlers for tests


def at_send(number: int, handler: Handler) -> Handler:
    """Handle only the n-th transaction (from 0), at its first arrival."""
    return at(SEND, number, handler)


def at(method: str, number: int, handler: Handler) -> Handler:
    """Handle only the n-th request of a method (from 0)."""
    return lambda request, forward: (
        handler(request, forward) if (request.method, request.count) == (method, number) else forward()
    )


def every(method: str, handler: Handler) -> Handler:
    """Handle all requests of a method."""
    return lambda request, forward: handler(request, forward) if request.method == method else forward()


def before(action: Callable[[], object]) -> Handler:
    """Run an action, then forward the request."""

    def handle(_request: Request, forward: Forward) -> Answer | None:
        action()
        return forward()

    return handle


def after(action: Callable[[], object]) -> Handler:
    """Forward the request, run an action, then respond."""

    def handle(_request: Request, forward: Forward) -> Answer | None:
        answer = forward()
        action()
        return answer

    return handle


def drop(_request: Request, _forward: Forward) -> Answer | None:
    return None


def forward_and_drop(_request: Request, forward: Forward) -> Answer | None:
    forward()
    return None


def answer(given: Answer) -> Handler:
    return lambda _request, _forward: given


def forward_and_answer(given: Answer) -> Handler:
    def handle(_request: Request, forward: Forward) -> Answer | None:
        forward()
        return given

    return handle
