"""The gRPC service for the engine. It delegates each call and returns each failure as one message."""

# ruff: noqa: N802, ARG002  the methods have the names and arguments of the gRPC service
from __future__ import annotations

import threading

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from . import check_and_diff, provider_config, resource_operations
from .engine_log import EngineLog
from .errors import ProviderError
from .rpc_errors import one_message
from .session import Session

VERSION = "4.34.2"  # of the official provider it stands in for


class ResourceProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider process; setting `cancelled` ends every wait."""

    def __init__(self, engine_address: str) -> None:
        self.cancelled = threading.Event()
        self._log = EngineLog(engine_address)
        self._session: Session | None = None

    @property
    def _configured(self) -> Session:
        if self._session is None:
            raise ProviderError("the provider was used before it was configured")
        return self._session

    @one_message
    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    @one_message
    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> Empty:
        self._log = EngineLog(request.address)
        return Empty()

    @one_message
    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        return provider_config.check_config(request)

    @one_message
    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        return provider_config.diff_config(request)

    @one_message
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        self._session = Session.open(
            dict(request.variables), secrets_accepted=request.acceptSecrets, log=self._log, cancelled=self.cancelled
        )
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @one_message
    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        return check_and_diff.check(self._configured, request)

    @one_message
    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        return check_and_diff.diff(self._configured, request)

    @one_message
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        return resource_operations.create(self._configured, request)

    @one_message
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        return resource_operations.read(self._configured, request)

    @one_message
    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        return resource_operations.update(self._configured, request)

    @one_message
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Empty:
        resource_operations.delete(self._configured, request)
        return Empty()

    @one_message
    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        self.cancelled.set()
        return Empty()
