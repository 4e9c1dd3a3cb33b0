"""A JSON-RPC client for the development chain: single calls and batches over one kept-alive connection.

For devnet only, whose chain listens on the loopback interface: no TLS, no retries, no keys in the URL. It does not use
web3, whose import takes seconds: `status` and an `up` without changes make a single call.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

from devnet.errors import ChainContractsError

TIMEOUT_S = 30
JSON_HEADERS = {"Content-Type": "application/json"}

Request: TypeAlias = tuple[str, list[Any]]
"""Method and parameters."""


class RpcError(ChainContractsError):
    """The node refused a call; `data` is the revert data of a contract, where there is any."""

    def __init__(self, method: str, message: str, data: str | None) -> None:
        super().__init__(f"{method}: {message}")
        self.data = data


class Rpc:
    """One connection to a node; use it as a context manager."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        self._url = url
        self._path = parts.path or "/"
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def call(self, method: str, *parameters: Any) -> Any:
        """Returns the result of one call; raises RpcError when the node refuses it."""
        return self.batch([(method, list(parameters))])[0]

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Returns the results in the order of the requests; raises RpcError for the first request that is refused.

        The node processes a batch in any order: use it only for calls that do not depend on each other.
        """
        body = [
            {"jsonrpc": "2.0", "id": position, "method": method, "params": parameters}
            for position, (method, parameters) in enumerate(requests)
        ]
        answers = sorted(self._post(json.dumps(body)), key=lambda answer: int(answer["id"]))
        return [_result(method, answer) for (method, _), answer in zip(requests, answers, strict=True)]

    def _post(self, body: str) -> list[dict[str, Any]]:
        try:
            self._connection.request("POST", self._path, body, JSON_HEADERS)
            answers = json.loads(self._connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise ChainContractsError(
                f"{self._url}: no usable answer from the development chain ({error}); is it running?"
            ) from error
        if not isinstance(answers, list):
            raise ChainContractsError(f"{self._url}: expected the answers to a JSON-RPC batch, got {answers!r:.200}")
        return answers


def _result(method: str, answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is not None:
        data = error.get("data")
        raise RpcError(method, str(error.get("message", error)), data if isinstance(data, str) else None)
    return answer["result"]
