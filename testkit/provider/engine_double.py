"""A test double of the engine: starts the provider's executable, calls it, and records its log."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from devnet.home import Home
from standin.properties import from_struct, to_struct

Properties = dict[str, Any]


class EngineLogService(engine_pb2_grpc.EngineServicer):
    """The engine's log service."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        self.lines.append(request.message)
        return Empty()


@dataclass
class ProviderProcess:
    """A configured provider."""

    stub: provider_pb2_grpc.ResourceProviderStub
    log: EngineLogService
    process: subprocess.Popen[str]

    def resource(self, token: str, name: str, inputs: Properties) -> Resource:
        return Resource(self.stub, f"urn:pulumi:test::provider::kubernetes:{token}::{name}", name, inputs)


@dataclass
class Failure(Exception):
    """The error that the engine would show; `state` and `reasons` if the object exists nevertheless."""

    message: str
    resource_id: str = ""
    state: Properties = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.message


@dataclass
class Resource:
    """One resource of a program, with the calls that the engine makes for it."""

    stub: provider_pb2_grpc.ResourceProviderStub
    urn: str
    name: str
    inputs: Properties
    id: str = ""
    state: Properties = field(default_factory=dict)
    old_inputs: Properties = field(default_factory=dict)
    ignore_changes: list[str] = field(default_factory=list)

    def check(self) -> Properties:
        """Return the completed inputs."""
        request = provider_pb2.CheckRequest(
            urn=self.urn, olds=_wire(self.old_inputs), news=_wire(self.inputs), randomSeed=self.urn.encode()
        )
        with _failures():
            self.inputs = from_struct(self.stub.Check(request).inputs)
        return self.inputs

    def create(self, *, preview: bool = False, timeout_s: float = 0) -> Properties:
        """Check and create; return the outputs."""
        request = provider_pb2.CreateRequest(
            urn=self.urn, name=self.name, properties=_wire(self.check()), preview=preview, timeout=timeout_s
        )
        with _failures(self):
            response = self.stub.Create(request)
        outputs = from_struct(response.properties)
        if not preview:
            self.id, self.state, self.old_inputs = response.id, outputs, self.inputs
        return outputs

    def diff(self, inputs: Properties | None = None) -> provider_pb2.DiffResponse:
        """Return the changes by new inputs (default: the same inputs)."""
        self.inputs = inputs or self.inputs
        request = provider_pb2.DiffRequest(
            id=self.id,
            urn=self.urn,
            olds=_wire(self.state),
            news=_wire(self.check()),
            old_inputs=_wire(self.old_inputs),
            ignoreChanges=self.ignore_changes,
        )
        with _failures():
            response: provider_pb2.DiffResponse = self.stub.Diff(request)
        return response

    def update(self, inputs: Properties, *, preview: bool = False, timeout_s: float = 0) -> Properties:
        """Check and update; return the outputs."""
        self.inputs = inputs
        request = provider_pb2.UpdateRequest(
            id=self.id,
            urn=self.urn,
            olds=_wire(self.state),
            news=_wire(self.check()),
            timeout=timeout_s,
            ignoreChanges=self.ignore_changes,
            preview=preview,
        )
        with _failures(self):
            response = self.stub.Update(request)
        outputs = from_struct(response.properties)
        if not preview:
            self.state, self.old_inputs = outputs, self.inputs
        return outputs

    def refresh(self) -> str:
        """Read the live object; return its id, empty if it does not exist."""
        request = provider_pb2.ReadRequest(
            id=self.id, urn=self.urn, properties=_wire(self.state), inputs=_wire(self.old_inputs)
        )
        with _failures(self):
            response = self.stub.Read(request)
        self.state, self.old_inputs = from_struct(response.properties), from_struct(response.inputs)
        return str(response.id)

    def delete(self, *, timeout_s: float = 0) -> None:
        """Delete the object."""
        request = provider_pb2.DeleteRequest(id=self.id, urn=self.urn, properties=_wire(self.state), timeout=timeout_s)
        with _failures():
            self.stub.Delete(request)


def _wire(properties: Properties) -> Struct:
    return to_struct(properties)


@contextmanager
def _failures(resource: Resource | None = None) -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        failure = Failure(error.details() or "")
        for key, value in cast("Iterable[tuple[str, bytes]]", error.trailing_metadata() or ()):
            if key == "grpc-status-details-bin":
                _read_details(failure, value)
        if resource is not None and failure.state:
            resource.id, resource.state = failure.resource_id, failure.state
            resource.old_inputs = resource.inputs
        raise failure from None


def _read_details(failure: Failure, data: bytes) -> None:
    status = status_pb2.Status.FromString(data)
    details = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(details)
    failure.resource_id, failure.state = details.id, from_struct(details.properties)
    failure.reasons = list(details.reasons)


@contextmanager
def running_provider(home: Home, **variables: str) -> Iterator[ProviderProcess]:
    """Run the executable that devnet installed, configured for its cluster; `variables` are its settings."""
    log = EngineLogService()
    engine = grpc.server(ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(log, engine)
    address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    executable = next((home.pulumi / "plugins").glob("resource-kubernetes-*/pulumi-resource-kubernetes"))
    environment = {**os.environ, "KUBECONFIG": str(home.kubeconfig)}
    process = subprocess.Popen([str(executable), address], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}", [("grpc.enable_http_proxy", 0)])
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        settings = {f"kubernetes:config:{key}": value for key, value in variables.items()}
        stub.Configure(provider_pb2.ConfigureRequest(variables=settings, acceptSecrets=True))
        yield ProviderProcess(stub, log, process)
        channel.close()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
        engine.stop(None)


def in_background(action: Any) -> tuple[threading.Thread, list[BaseException]]:
    """Run an action in a thread; return the thread and the list that receives its failure."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except Failure as failure:
            raised.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised
