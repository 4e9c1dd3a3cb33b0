"""A server behind an endpoint that lags behind the newest blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from testkit.faults.relay import Forward, Handler, Request, ask
from testkit.identity.endpoint import Answer, refusal, result

UNKNOWN_BLOCK = refusal("header not found")


def lagging(chain_url: str, newest: Callable[[], int], unknown_block: Answer = UNKNOWN_BLOCK) -> Handler:
    """Answer as a server whose newest block is `newest()`; transactions sent to it reach the chain."""

    def block_of(hash_: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = _ask(chain_url, "eth_getBlockByHash", hash_, False)
        return found

    def handle(request: Request, forward: Forward) -> Answer | None:
        head, (*first, last) = newest(), request.parameters or [None]
        match request.method:
            case "eth_blockNumber":
                return result(hex(head))
            case "eth_getBlockByNumber":
                number = request.parameters[0]
                if number != "latest" and int(number, 16) > head:
                    return result(None)
                return forward(hex(head), False) if number == "latest" else forward()
            case "eth_call" | "eth_getTransactionCount" | "eth_getCode":
                if isinstance(last, dict):
                    block = block_of(last["blockHash"])
                    return forward() if block and int(block["number"], 16) <= head else unknown_block
                return forward(*first, hex(head))
            case "eth_estimateGas":
                return forward(request.parameters[0], hex(head))
            case "eth_getTransactionReceipt" | "eth_getTransactionByHash":
                found = json.loads(forward()[1])["result"]
                known = found and found["blockNumber"] and int(found["blockNumber"], 16) <= head
                return result(found if known else None)
            case _:
                return forward()

    return handle


def round_robin(*servers: Handler) -> Handler:
    """Distribute the requests to several servers in turn, as a load balancer behind one URL does."""
    turn = 0

    def handle(request: Request, forward: Forward) -> Answer | None:
        nonlocal turn
        turn += 1
        return servers[turn % len(servers)](request, forward)

    return handle


def height(chain_url: str) -> int:
    """Return the number of the chain's newest block."""
    return int(_ask(chain_url, "eth_blockNumber"), 16)


def _ask(chain_url: str, method: str, *parameters: object) -> Any:
    _, body = ask(chain_url, {"jsonrpc": "2.0", "id": 0, "method": method, "params": list(parameters)})
    return json.loads(body)["result"]
