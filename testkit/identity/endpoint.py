"""A JSON-RPC endpoint on the loopback interface with scripted responses."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    """Sends `answers` in order, and the last one from then on; None drops the connection."""

    url: str = ""
    answers: list[Answer | None] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    def answer(self, request: dict[str, Any]) -> Answer | None:
        self.methods.append(request["method"])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    with answering(endpoint.answer) as endpoint.url:
        yield endpoint


@contextmanager
def answering(answer: Callable[[dict[str, Any]], Answer | None]) -> Iterator[str]:
    """Yield the URL of a server that passes each request to `answer`, in its own thread; None drops the connection."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answered = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if answered is None:
                self.close_connection = True
                return
            status, body = answered
            with suppress(ConnectionError):  # the client may be dead by now
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        log_message: Callable[..., None] = lambda *_: None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
