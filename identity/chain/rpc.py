"""One JSON-RPC endpoint over HTTP: repeated reads and typed errors. The only module that connects to the chain.

Reads are repeated until the patience ends, unless the answer is final. Writes are sent once, because a lost reply does
not show whether the transaction arrived: the caller has the hash and queries it. Messages contain only the scheme and
the host of the URL.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import requests

from config.logs import conceal
from config.models.chain import DEFAULT_PATIENCE_S
from config.models.scalars import redact_url
from identity.chain.patience import (
    UNUSABLE_SHARE,
    Again,
    Patience,
    is_known_as_unusable,
    is_known_as_usable,
    remember,
)
from identity.chain.refusals import ABOUT_SIZE, FINAL, classify
from identity.chain.transport import MOST_BYTES, DeadlineOver, Response, ResponseTooLarge, Transport
from identity.chain.values import bytes_of
from identity.errors import CallReverted, Refusal, RequestTooLarge, RpcRejected, RpcUnavailable
from identity.evm.reverts import explain_revert

_log = logging.getLogger(__name__)

_SHORTEST_KEY = 4
_SHORTEST_CONCEALED = 10  # the log would hide names of networks and paths otherwise
_LONGEST_MESSAGE = 200
_MOST_ELEMENTS = 1_000_000
"""Values and containers in a response, by its punctuation; deeply nested or repeated ones take much memory."""
_TIME_OUTS_OF_A_LARGE_REQUEST = 2
_SHORTEST_TIMEOUT_S = 1.0
_TIMED_OUT_STATUS = (408, 504, 522, 524)
_THROTTLED_STATUS = 429
_TOO_LARGE_STATUS = 413
_CHECK_URL = "check chain.rpcUrl, or run again when it answers"
_NOT_JSON_RPC = "check chain.rpcUrl, because the endpoint does not speak JSON-RPC as it should"

Value = TypeVar("Value")


class RpcEndpoint:
    """`timeout_s` limits each request, `patience_s` the repetitions of a read; `label` is the URL without secrets.

    An endpoint that has not given a result yet is given up after a sixth of the patience, unless it limits requests or
    lags. `report` receives a sentence when a read waits. Raises RpcUnavailable, RpcRejected or CallReverted.
    """

    def __init__(self, rpc_url: str, *, timeout_s: float = 20, patience_s: float = DEFAULT_PATIENCE_S) -> None:
        self.label = redact_url(rpc_url)
        if not rpc_url.startswith(("http://", "https://")):
            raise RpcUnavailable(f"chain.rpcUrl: {self.label} is not an HTTP endpoint: use an http:// or https:// URL")
        self.patience_s = patience_s
        self.report: Callable[[str], None] = _log.info
        self._url, self._timeout_s, self._has_worked = rpc_url, timeout_s, is_known_as_usable(rpc_url)
        self._private_parts = _private_parts(rpc_url)
        conceal(*(part for part in self._private_parts if len(part) >= _SHORTEST_CONCEALED and part not in self.label))
        self._transport = Transport(rpc_url)

    def _read(
        self,
        parse: Callable[[Any], Value],
        method: str,
        *parameters: object,
        exists: bool = False,
        patience_s: float | None = None,
        may_split: bool = False,
        while_lagging: Callable[[], None] = lambda: None,
    ) -> Value:
        """Read until there is a result, and parse it.

        `exists`: a server that returns null lags behind the others. A result of another type than JSON-RPC defines,
        which `parse` raises for, counts as a failed read. `patience_s` is for requests that the caller can do without:
        it ends the waiting unless the endpoint throttles or lags. `may_split`: a request that times out again and
        again is too large. `while_lagging` may raise instead of waiting for a server that does not have the block.
        """
        patience = self._patience()
        began = time.monotonic()
        while True:
            longest_s = self._timeout_s if self._has_worked else self.patience_s * UNUSABLE_SHARE / 2  # two tries
            timeout_s = min(self._timeout_s, longest_s, patience.left_s())
            timeout_s = max(timeout_s, _SHORTEST_TIMEOUT_S)
            try:
                return self._ask(parse, method, parameters, exists=exists, timeout_s=timeout_s)
            except Again as error:
                is_over = patience_s is not None and time.monotonic() - began >= patience_s
                if is_over and not error.shows_a_working_endpoint:
                    raise
                timed_out = error.refusal is Refusal.TIMED_OUT and patience.tries + 1 >= _TIME_OUTS_OF_A_LARGE_REQUEST
                if may_split and timed_out and self._has_worked:
                    raise RequestTooLarge(str(error), refusal=Refusal.TIMED_OUT) from None
                if error.refusal in (Refusal.LAG, Refusal.OTHER) and patience.tries:
                    while_lagging()
                self._wait(patience, error)

    def _patience(self) -> Patience:
        if self._has_worked:
            return Patience(self.patience_s, self.patience_s, self.report)
        unusable_s = 0.0 if is_known_as_unusable(self._url) else self.patience_s * UNUSABLE_SHARE
        return Patience(self.patience_s, unusable_s, self.report)

    def _wait(self, patience: Patience, error: Again) -> None:
        try:
            patience.wait(error)
        except Again:
            if not self._has_worked:
                remember(self._url, usable=False)
            raise

    def _ask(
        self,
        parse: Callable[[Any], Value],
        method: str,
        parameters: Sequence[object],
        *,
        exists: bool,
        timeout_s: float,
    ) -> Value:
        answer = self._request(method, *parameters, timeout_s=timeout_s)
        if exists and answer is None:
            refusal = Refusal.LAG if self._has_worked else Refusal.OTHER  # no endpoint begins with a null
            raise Again(f"{self.label} has no result for {method} yet: {_CHECK_URL}", refusal=refusal)
        try:
            parsed = parse(answer)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            text = f"{self.label} sent a result of {method} that JSON-RPC does not define: {_NOT_JSON_RPC}"
            raise Again(text) from None
        self._has_worked = True
        remember(self._url, usable=True)
        return parsed

    def _request(self, method: str, *parameters: object, timeout_s: float | None = None) -> Any:
        """Send one request; return its result, or raise Again, RpcUnavailable or RpcRejected."""
        began = time.monotonic()
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        try:
            response = self._transport.post(body, timeout_s or self._timeout_s)
        except DeadlineOver:
            text = f"{self.label} did not answer {method} in time: {_CHECK_URL}"
            raise Again(text, refusal=Refusal.TIMED_OUT) from None
        except ResponseTooLarge:
            text = f"{self.label} sent more than {MOST_BYTES // 2**20} MiB in response to {method}"
            raise Again(text) from None
        except requests.RequestException as error:
            text = f"{self.label} cannot be reached ({type(error).__name__} at {method}): {_CHECK_URL}"
            raise Again(text) from None
        _log.debug("%s %s: %.0f ms", self.label, method, 1000 * (time.monotonic() - began))
        answer = _parsed(response.body)
        if isinstance(answer, dict) and answer.get("error"):
            raise self._refusal(method, answer["error"], response)
        if response.status != requests.codes.ok or not isinstance(answer, dict) or "result" not in answer:
            raise self._unusable(method, answer, response)
        return answer["result"]

    def _unusable(self, method: str, answer: object, response: Response) -> Exception:
        """Return the error for a response without a JSON-RPC result or error."""
        status, text = response.status, f"{self.label} answered {method} with HTTP {response.status}"
        advice = f"{text}: check chain.rpcUrl and its key"
        if status == requests.codes.ok:
            return Again(f"{self.label} sent a response to {method} that is not JSON-RPC: {_NOT_JSON_RPC}")
        if status == requests.codes.unauthorized or (status == requests.codes.forbidden and answer is not None):
            return RpcUnavailable(advice, refusal=Refusal.KEY)
        if status == _TOO_LARGE_STATUS:
            return RequestTooLarge(f"{text}: the request is too large for it", refusal=Refusal.TOO_LARGE)
        if status in (requests.codes.forbidden, requests.codes.not_found):
            return Again(advice)
        refusal = Refusal.TIMED_OUT if status in _TIMED_OUT_STATUS else Refusal.OTHER
        if status == _THROTTLED_STATUS:
            return Again(text, refusal=Refusal.THROTTLED, pause_s=response.retry_after_s)
        return Again(f"{text}: {_CHECK_URL}", refusal=refusal, pause_s=response.retry_after_s)

    def _refusal(self, method: str, error: Any, response: Response) -> Exception:
        """Return the error for a JSON-RPC error, with whatever HTTP status it comes."""
        details = error if isinstance(error, dict) else {"message": str(error)}
        message, data = self._clean(str(details.get("message", ""))), details.get("data")
        revert_data = _revert_data(data)
        words = f"{message} {data}" if isinstance(data, str) and revert_data is None else message
        refusal, meaning = classify(words[: 2 * _LONGEST_MESSAGE], details.get("code"))
        if refusal is Refusal.OTHER:
            refusal, meaning = self._refusal_by_status(response.status)
        if refusal is Refusal.REVERTED or (refusal is Refusal.OTHER and revert_data):
            revert = explain_revert(revert_data) if revert_data else _text_of(message)
            return CallReverted(f"a contract reverted ({method}): {revert}", revert=revert)
        text = f"{self.label} refused {method}: {message}{f' ({meaning})' if meaning else ''}"
        if refusal is Refusal.KEY:
            return RpcUnavailable(text, refusal=refusal)
        if refusal in ABOUT_SIZE:
            return RequestTooLarge(text, refusal=refusal)
        if refusal in FINAL:
            return RpcRejected(text, refusal=refusal)
        return Again(text, refusal=refusal, pause_s=response.retry_after_s)

    def _refusal_by_status(self, status: int) -> tuple[Refusal, str]:
        if status in (requests.codes.unauthorized, requests.codes.forbidden):
            return Refusal.KEY, "check chain.rpcUrl and its key"
        if status == _TOO_LARGE_STATUS:
            return Refusal.TOO_LARGE, "the request is too large for the endpoint"
        if status == _THROTTLED_STATUS:
            return Refusal.THROTTLED, "the endpoint limits the number of requests"
        return Refusal.OTHER, ""

    def _clean(self, message: str) -> str:
        """Return the endpoint's message on one line, shortened, without parts of the URL that may be a key."""
        for private in self._private_parts:
            message = message.replace(private, "…")
        return " ".join(message.split())[:_LONGEST_MESSAGE]


def _parsed(body: bytes) -> Any:
    """Return the JSON value in a response; None if it holds none, or one that would take much memory."""
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > _MOST_ELEMENTS:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _private_parts(rpc_url: str) -> list[str]:
    """Return the parts of a URL that may be a key, longest first: path, query and user, if they are long enough."""
    rest = rpc_url.partition("://")[2]
    parts = [*re.split(r"[/?&=@:#]", rest.partition("/")[2]), *rest.rpartition("@")[0].split(":"), rpc_url]
    return sorted((part for part in parts if len(part) >= _SHORTEST_KEY), key=len, reverse=True)


def _text_of(message: str) -> str:
    """Return the reason inside 'execution reverted: …'."""
    return message.partition("reverted:")[2].strip() or message


def _revert_data(data: object) -> bytes | None:
    """Return the revert data of an error; some clients put "Reverted " before it."""
    if not isinstance(data, str):
        return None
    text = data.strip().removeprefix("Reverted").strip()
    try:
        return bytes_of(text) if text.startswith("0x") and len(text) > 2 else None
    except ValueError:
        return None
