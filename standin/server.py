"""The provider process: serves on a free local port, prints the port, and ends with the engine."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from .resource_provider import ResourceProvider

# One thread for each operation under way. Operations wait (for pods, for finalizers), so there must be more threads
# than the engine has steps in parallel, or Cancel would have to queue behind them. Threads are made when needed.
_THREADS = 1024
_LARGEST_MESSAGE = 400 * 1024 * 1024  # as the engine's own


def serve(engine_address: str) -> None:
    """Serve until the engine ends this process (SIGINT, SIGTERM) or is gone itself."""
    engine = os.getppid()  # before the engine learns the port: afterwards it may already be gone
    provider = ResourceProvider(engine_address)
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ]
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    stopped = threading.Event()

    def stop(signal_number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        provider.cancelled.set()
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()

    while not stopped.wait(1.0) and os.getppid() == engine:  # a killed engine leaves no orphan that goes on writing
        pass
    provider.cancelled.set()
    server.stop(grace=1.0).wait(2.0)
    sys.stdout.flush()
    os._exit(0)  # watches are daemon threads inside blocking reads; nothing is left to be written


def main() -> None:
    """Entry of the plugin executable; the engine's address is the last argument that is no flag."""
    faulthandler.enable()  # a crash inside gRPC then says where, in what the engine shows of a plugin that ended early
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    serve(addresses[-1] if addresses else "")
