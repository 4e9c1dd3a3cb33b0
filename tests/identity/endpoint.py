"""A JSON-RPC endpoint on the loopback interface that answers as a test tells it to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = tuple[int, bytes]


def result(value: object) -> Answer:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "result": value}).encode()


def refusal(message: str, *, code: int = -32000, data: object = None, status: int = 200) -> Answer:
    error = {"code": code, "message": message, **({"data": data} if data else {})}
    return status, json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()


@dataclass
class Endpoint:
    """Gives `answers` in order, the last one for ever; None drops the connection."""

    url: str
    answers: list[Answer | None] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.methods.append(request["method"])
            answer = endpoint.answers.pop(0) if len(endpoint.answers) > 1 else endpoint.answers[0]
            if answer is None:
                self.close_connection = True
                return
            status, body = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        log_message: Callable[..., None] = lambda *_: None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()
