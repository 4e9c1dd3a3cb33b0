"""Ask each server whether it works: what `status` says and `up` waits for was seen, not hoped."""

import http.client
import json
import ssl
import time
from pathlib import Path
from typing import Any

from devnet.cluster import certificates
from devnet.cluster.certificates import ADMINISTRATOR
from devnet.errors import StartError
from devnet.home import Home
from devnet.ports import HOST, Ports
from devnet.processes import Record, is_running

_TIMEOUT_S = 5
_POLL_S = 0.05

# Server -> path that answers 200 when it works.
_HEALTH = {
    "etcd": "/health",
    "kube-apiserver": "/readyz",
    "kube-controller-manager": "/healthz",
    "kube-scheduler": "/healthz",
    "kwok": "/healthz",
}


def look(name: str, home: Home, ports: Ports) -> str | None:
    """None when the server answers as it should, else what was seen instead."""
    try:
        return _look(name, home, ports)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return f"no answer on port {ports[name]}: {problem}"


def wait(name: str, home: Home, ports: Ports, record: Record, *, patience_s: float = 60) -> None:
    """Return when the server works; StartError with the end of its log when it ends or takes too long."""
    deadline = time.monotonic() + patience_s
    while (seen := look(name, home, ports)) is not None:
        if not is_running(record):
            raise StartError(f"{name} ended right after its start: {_last_words(home, name)}")
        if time.monotonic() > deadline:
            raise StartError(f"{name} does not work after {patience_s:.0f} s ({seen}): see {home.logs}/{name}.log")
        time.sleep(_POLL_S)


def rpc(port: int, method: str, *parameters: object) -> Any:
    """One JSON-RPC call to the chain."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", "/", body, {"content-type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if "result" not in answer:
        raise ValueError(f"{method} failed: {answer.get('error', answer)}")
    return answer["result"]


def _look(name: str, home: Home, ports: Ports) -> str | None:
    if name == "anvil":
        rpc(ports[name], "eth_chainId")
        return None
    connection: http.client.HTTPConnection
    if name == "kwok":
        connection = http.client.HTTPConnection(HOST, ports[name], timeout=_TIMEOUT_S)
    else:
        connection = http.client.HTTPSConnection(
            HOST, ports[name], timeout=_TIMEOUT_S, context=_administrator(home.certificates)
        )
    try:
        connection.request("GET", _HEALTH[name])
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace").strip()
    finally:
        connection.close()
    return None if answer.status == http.client.OK else f"answers {answer.status}: {text[:200]}"


def _administrator(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.certificate(folder, certificates.AUTHORITY)))
    context.load_cert_chain(
        certificates.certificate(folder, ADMINISTRATOR.file), certificates.key(folder, ADMINISTRATOR.file)
    )
    return context


def _last_words(home: Home, name: str) -> str:
    log = home.logs / f"{name}.log"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"`{lines[-1][:300]}` ({log})" if lines else f"it wrote nothing to {log}"
