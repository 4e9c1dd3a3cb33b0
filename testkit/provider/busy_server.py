"""A proxy in front of the API server that answers some requests with an error, or drops them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import kubernetes
import yaml


@dataclass
class Failures:
    """The answers to the next PATCH requests: an HTTP status each, or 0 to drop the connection."""

    ahead: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)


@contextmanager
def busy_server(kubeconfig: Path, folder: Path, failures: Failures) -> Iterator[Path]:
    """Yield the kubeconfig of a proxy in front of the server of `kubeconfig`."""
    connect: Any = kubernetes.config.new_client_from_config  # untyped upstream
    client = connect(str(kubeconfig))
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(client, failures))
    proxy.daemon_threads = True
    threading.Thread(target=proxy.serve_forever).start()
    try:
        path = folder / "kubeconfig"
        path.write_text(yaml.safe_dump(_kubeconfig(f"http://127.0.0.1:{proxy.server_port}")))
        yield path
    finally:
        proxy.shutdown()
        proxy.server_close()
        client.rest_client.close()


def _handler(client: Any, failures: Failures) -> type[BaseHTTPRequestHandler]:
    pool, server = client.rest_client.pool_manager, client.configuration.host

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._forward()

        def do_PATCH(self) -> None:
            if not failures.ahead:
                return self._forward()
            status = failures.ahead.pop(0)
            failures.sent.append(status)
            self.rfile.read(int(self.headers["Content-Length"]))
            if status == 0:
                self.close_connection = True
                return None
            self.send_response(status)
            self.send_header("Retry-After", "0")
            return self._finish(b"Too many requests, please try again later.")

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: self.headers[name] for name in ("Content-Type", "Accept") if name in self.headers}
            answer = pool.request(self.command, server + self.path, body=body, headers=headers)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self._finish(answer.data)

        def _finish(self, body: bytes) -> None:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _kubeconfig(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "busy",
        "clusters": [{"name": "busy", "cluster": {"server": server}}],
        "users": [{"name": "anonymous", "user": {}}],
        "contexts": [{"name": "busy", "context": {"cluster": "busy", "user": "anonymous"}}],
    }
