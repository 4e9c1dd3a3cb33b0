"""A JSON-RPC server between the program and a chain: a test sees each request and decides what becomes of it."""

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
_TIMEOUT_S = 30


@dataclass(frozen=True)
class Request:
    """One request; `count` tells how many of its method came before it, of transactions: how many other ones.

    A transaction that comes again counts as -1.
    """

    method: str
    parameters: list[Any]
    count: int


Forward: TypeAlias = Callable[..., Answer]
"""Asks the chain: the request as it is, or with other parameters."""
Meddling: TypeAlias = Callable[[Request, Forward], Answer | None]
"""What becomes of a request: an answer, or None to drop the connection without one."""


def untouched(_request: Request, forward: Forward) -> Answer | None:
    return forward()


@dataclass
class Relay:
    """Answers at `url` with what the chain behind it says, unless `meddle` decides otherwise."""

    url: str
    meddle: Meddling = untouched
    counts: Counter[str] = field(default_factory=Counter)
    sent: list[str] = field(default_factory=list)
    """Raw transactions in the order they came in, each as often as it came."""
    failures: list[BaseException] = field(default_factory=list)

    def received(self, method: str, parameters: list[Any]) -> Request:
        """Counts a request that has come in."""
        if method == SEND:
            raw = parameters[0]
            count = -1 if raw in self.sent else self.transactions
            self.sent.append(raw)
            return Request(method, parameters, count)
        self.counts[method] += 1
        return Request(method, parameters, self.counts[method] - 1)

    @property
    def transactions(self) -> int:
        """How many different transactions the program wanted to send."""
        return len(set(self.sent))


@contextmanager
def relaying(chain_url: str) -> Iterator[Relay]:
    """A relay in front of a chain; what went wrong inside a test's `meddle` is raised in the end."""
    lock = Lock()

    def answer(asked: dict[str, Any]) -> Answer | None:
        method, parameters = asked["method"], asked["params"]
        with lock:
            request = relay.received(method, parameters)

        def forward(*changed: Any) -> Answer:
            return ask(chain_url, {**asked, "params": list(changed) or parameters})

        try:
            return relay.meddle(request, forward)
        except BaseException as error:  # noqa: BLE001 - a test must hear of it
            relay.failures.append(error)
            return None

    with answering(answer) as url:
        relay = Relay(url)
        yield relay
    if relay.failures:
        raise relay.failures[0]


def ask(url: str, body: dict[str, Any]) -> Answer:
    """One request to a JSON-RPC server, and its answer as it came."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", parts.path or "/", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


# what a test lets happen


def at_send(number: int, meddling: Meddling) -> Meddling:
    """Meddles with the n-th transaction (from 0) alone, when it comes for the first time."""
    return at(SEND, number, meddling)


def at(method: str, number: int, meddling: Meddling) -> Meddling:
    """Meddles with the n-th request of a method (from 0) alone."""
    return lambda request, forward: (
        meddling(request, forward) if (request.method, request.count) == (method, number) else forward()
    )


def every(method: str, meddling: Meddling) -> Meddling:
    """Meddles with all requests of a method."""
    return lambda request, forward: meddling(request, forward) if request.method == method else forward()


def before(action: Callable[[], object]) -> Meddling:
    """Something happens, then the request goes its way."""

    def meddle(_request: Request, forward: Forward) -> Answer | None:
        action()
        return forward()

    return meddle


def after(action: Callable[[], object]) -> Meddling:
    """The request goes its way, something happens, and only then the answer."""

    def meddle(_request: Request, forward: Forward) -> Answer | None:
        answer = forward()
        action()
        return answer

    return meddle


def drop(_request: Request, _forward: Forward) -> Answer | None:
    return None


def forward_and_drop(_request: Request, forward: Forward) -> Answer | None:
    forward()
    return None


def answer(given: Answer) -> Meddling:
    return lambda _request, _forward: given


def forward_and_answer(given: Answer) -> Meddling:
    def meddle(_request: Request, forward: Forward) -> Answer | None:
        forward()
        return given

    return meddle
