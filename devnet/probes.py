"""Probe each server: `status` reports, and `up` waits for, answers that were received."""

import http.client
import ssl
import time
from pathlib import Path

from devnet.cluster.certificates import ADMINISTRATOR, AUTHORITY, certificate, key
from devnet.errors import DevnetError, StartError
from devnet.home import Home
from devnet.ports import HOST, Ports
from devnet.processes import Record, is_running
from devnet.rpc import Rpc

_TIMEOUT_S = 5
_POLL_S = 0.05

# Server -> path that answers 200 when it works.
_HEALTH_PATHS = {
    "etcd": "/health",
    "kube-apiserver": "/readyz",
    "kube-controller-manager": "/healthz",
    "kube-scheduler": "/healthz",
    "kwok": "/healthz",
}


def probe(name: str, home: Home, ports: Ports) -> str | None:
    """Return None when the server works, else a description of its answer."""
    try:
        if name == "anvil":
            with Rpc(f"http://{HOST}:{ports[name]}", _TIMEOUT_S) as rpc:
                rpc.call("eth_chainId")
            return None
        return _health(name, home, ports)
    except (DevnetError, OSError, http.client.HTTPException, ValueError) as problem:
        return f"no answer on port {ports[name]}: {problem}"


def wait_until_healthy(name: str, home: Home, ports: Ports, record: Record, *, patience_s: float = 60) -> None:
    """Return when the server works; raise StartError with the end of its log when it exits or takes too long."""
    deadline = time.monotonic() + patience_s
    while (problem := probe(name, home, ports)) is not None:
        if not is_running(record):
            raise StartError(f"{name} exited right after its start: {_end_of_log(home, name)}")
        if time.monotonic() > deadline:
            raise StartError(f"{name} does not work after {patience_s:.0f} s ({problem}): see {home.logs}/{name}.log")
        time.sleep(_POLL_S)


def _health(name: str, home: Home, ports: Ports) -> str | None:
    connection: http.client.HTTPConnection
    if name == "kwok":
        connection = http.client.HTTPConnection(HOST, ports[name], timeout=_TIMEOUT_S)
    else:
        connection = http.client.HTTPSConnection(
            HOST, ports[name], timeout=_TIMEOUT_S, context=_administrator(home.certificates)
        )
    try:
        connection.request("GET", _HEALTH_PATHS[name])
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace").strip()
    finally:
        connection.close()
    return None if answer.status == http.client.OK else f"answers {answer.status}: {text[:200]}"


def _administrator(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate(folder, AUTHORITY)))
    context.load_cert_chain(certificate(folder, ADMINISTRATOR.file), key(folder, ADMINISTRATOR.file))
    return context


def _end_of_log(home: Home, name: str) -> str:
    log = home.logs / f"{name}.log"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"`{lines[-1][:300]}` ({log})" if lines else f"{log} is empty"
