"""The provider process: listens on a free local port, prints it, and exits with the engine."""

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

# One thread for each running operation. Operations wait (for pods, for finalizers), so there must be more threads than
# the engine runs steps in parallel; otherwise Cancel would wait behind them. Threads are created on demand.
_THREADS = 1024
_LARGEST_MESSAGE = 400 * 1024 * 1024  # the engine's own limit


def serve(engine_address: str) -> None:
    """Serve until the engine stops this process (SIGINT, SIGTERM) or exits."""
    engine = os.getppid()  # read before the port is printed: afterwards the engine may have exited
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

    while not stopped.wait(1.0) and os.getppid() == engine:  # no provider keeps writing after its engine was killed
        pass
    provider.cancelled.set()
    server.stop(grace=1.0).wait(2.0)
    sys.stdout.flush()
    os._exit(0)  # watches are daemon threads in blocking reads; all output is flushed


def main() -> None:
    """Run the plugin; the engine's address is the last argument that is not a flag."""
    faulthandler.enable()  # prints the stack of a crash inside gRPC; the engine shows it
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    serve(addresses[-1] if addresses else "")
