"""Messages to the engine while an operation runs: transient status lines of a resource, and persistent warnings."""

from __future__ import annotations

import threading
from contextlib import suppress

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class EngineLog:
    """The engine's log service. Without an address (a provider started by hand) it discards every message.

    Callers never pass secret values.
    """

    def __init__(self, address: str) -> None:
        options = [("grpc.enable_http_proxy", 0)]  # the engine is on this machine; ignore a configured proxy
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options)) if address else None
        self._last_status: dict[str, str] = {}
        self._lock = threading.Lock()

    def status(self, urn: str, message: str) -> None:
        """Show a status line unless it is shown already; an empty line clears it."""
        with self._lock:
            if self._last_status.get(urn, "") == message:
                return
            self._last_status[urn] = message
        self._write(urn, message, engine_pb2.INFO, ephemeral=True)

    def warning(self, urn: str, message: str) -> None:
        """Show a warning that stays in the engine's summary."""
        self._write(urn, message, engine_pb2.WARNING, ephemeral=False)

    def _write(self, urn: str, message: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool) -> None:
        if self._engine is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
        with suppress(grpc.RpcError):  # the engine may be stopping; a lost status line is not an error
            self._engine.Log(request, timeout=5)
