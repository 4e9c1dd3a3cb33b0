"""One JSON-RPC endpoint over HTTP: timeouts, retries and typed errors. The only module that connects to the chain.

Reads are retried. Writes are sent once, because a lost reply does not show whether the transaction arrived: the caller
has the hash and queries it. Messages contain only the scheme and the host of the URL.
"""

import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint as Method

from config.logs import conceal
from config.models.scalars import redact_url
from identity.errors import CallReverted, RpcRejected, RpcUnavailable
from identity.evm.reverts import Refusal, classify, explain_revert

_log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.3
_SHORTEST_KEY = 4
_SHORTEST_CONCEALED = 10  # the log would hide names of networks and paths otherwise
_TOO_LARGE = 413
_UNKNOWN_KEY = (401, 403, 404)
_RETRIED_STATUS = (408, 425, 429, 500, 502, 503, 504)

Value = TypeVar("Value")


class RpcEndpoint:
    """`timeout_s` limits each request, `attempts` the tries of a read; `label` is the URL without secrets.

    Raises RpcUnavailable, RpcRejected or CallReverted.
    """

    def __init__(self, rpc_url: str, *, timeout_s: float = 20, attempts: int = 4) -> None:
        self.label = redact_url(rpc_url)
        if not rpc_url.startswith(("http://", "https://")):
            raise RpcUnavailable(f"chain.rpcUrl: {self.label} is not an HTTP endpoint: use an http:// or https:// URL")
        self._attempts = attempts
        self._private_parts = _private_parts(rpc_url)
        conceal(*(part for part in self._private_parts if len(part) >= _SHORTEST_CONCEALED and part not in self.label))
        self._provider = HTTPProvider(
            rpc_url, request_kwargs={"timeout": timeout_s}, exception_retry_configuration=None
        )

    def _read(self, parse: Callable[[Any], Value], method: str, *parameters: object, exists: bool = False) -> Value:
        """Read with retries, and parse the result. `exists`: a server that returns null lags behind the others.

        A result of another type than JSON-RPC defines, which `parse` raises for, counts as a failed read.
        """
        for attempt in range(1, self._attempts):
            try:
                return self._ask(parse, method, parameters, exists=exists)
            except _Transient as error:
                _log.info("attempt %d of %d failed, retrying: %s", attempt, self._attempts, error)
                time.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
        return self._ask(parse, method, parameters, exists=exists)

    def _ask(self, parse: Callable[[Any], Value], method: str, parameters: Sequence[object], *, exists: bool) -> Value:
        answer = self._request(method, *parameters)
        if exists and answer is None:
            raise _Transient(f"{self.label} has no result for {method} yet")
        try:
            return parse(answer)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise _Transient(f"{self.label} sent a result of {method} that JSON-RPC does not define") from None

    def _request(self, method: str, *parameters: object) -> Any:
        began = time.monotonic()
        try:
            answer: Any = self._provider.make_request(Method(method), list(parameters))
        except requests.HTTPError as error:
            answer = self._error_of(error, method)
        except requests.Timeout:
            raise _Transient(f"{self.label} did not answer {method} in time") from None
        except requests.RequestException as error:
            raise _Transient(
                f"{self.label} cannot be reached ({type(error).__name__} at {method}): check chain.rpcUrl, or run "
                "again when it answers"
            ) from None
        except (ValueError, TypeError):
            raise _Transient(f"{self.label} sent a response to {method} that is not JSON-RPC") from None
        if not isinstance(answer, dict) or ("result" not in answer and not answer.get("error")):
            raise _Transient(f"{self.label} sent a response to {method} that is not JSON-RPC")
        _log.debug("%s %s: %.0f ms", self.label, method, 1000 * (time.monotonic() - began))
        if answer.get("error"):
            raise self._refusal(method, answer["error"])
        return answer["result"]

    def _error_of(self, error: requests.HTTPError, method: str) -> Any:
        """Return the JSON-RPC error that some endpoints send with HTTP status 400; raise for any other status."""
        if error.response is None:
            raise _Transient(f"{self.label} sent no response to {method}") from None
        status = error.response.status_code
        if status in _RETRIED_STATUS:
            raise _Transient(f"{self.label} answered {method} with HTTP {status}") from None
        if status in _UNKNOWN_KEY:
            text = f"{self.label} answered {method} with HTTP {status}: check chain.rpcUrl and its key"
            raise RpcUnavailable(text) from None
        try:
            return {"error": error.response.json()["error"]}
        except (ValueError, KeyError, TypeError):
            if status == _TOO_LARGE:
                return {"error": {"message": "request too large (HTTP 413)"}}
            raise RpcUnavailable(f"{self.label} answered {method} with HTTP {status}") from None

    def _refusal(self, method: str, error: Any) -> Exception:
        details = error if isinstance(error, dict) else {"message": str(error)}
        message, data = self._clean(str(details.get("message", ""))), details.get("data")
        refusal, meaning = classify(message)
        if refusal is Refusal.REVERTED or details.get("code") == 3:
            has_data = isinstance(data, str) and data.startswith("0x") and len(data) > 2
            revert = explain_revert(bytes_of(str(data))) if has_data else _text_of(message)
            return CallReverted(f"a contract reverted ({method}): {revert}", revert=revert)
        text = f"{self.label} refused {method}: {message}{f' ({meaning})' if meaning else ''}"
        if refusal in (Refusal.BUSY, Refusal.STATE_MISSING):
            return _Transient(text)
        code = details.get("code")
        return RpcRejected(text, code=code if isinstance(code, int) else 0, rpc_message=message)

    def _clean(self, message: str) -> str:
        """Return the endpoint's message, shortened, without parts of the URL that may be a key."""
        for private in self._private_parts:
            message = message.replace(private, "…")
        return message[:200]


class _Transient(RpcUnavailable):
    """A transient error: reads are retried."""


def _private_parts(rpc_url: str) -> list[str]:
    """Return the parts of a URL that may be a key, longest first: path, query and user, if they are long enough."""
    rest = rpc_url.partition("://")[2]
    parts = [*re.split(r"[/?&=@:#]", rest.partition("/")[2]), *rest.rpartition("@")[0].split(":"), rpc_url]
    return sorted((part for part in parts if len(part) >= _SHORTEST_KEY), key=len, reverse=True)


def _text_of(message: str) -> str:
    """Return the reason inside 'execution reverted: …'."""
    return message.partition("reverted:")[2].strip() or message


def bytes_of(text: str) -> bytes:
    """Return the bytes of hex text, with or without 0x."""
    return bytes.fromhex(text.removeprefix("0x"))


def number_of(text: str) -> int:
    """The number of a JSON-RPC quantity, `0x…`."""
    if not text.startswith("0x"):
        raise ValueError(text)
    return int(text, 16)
