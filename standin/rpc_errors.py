"""Failures on their way to the engine: one message, plus the state of an object that exists and is not ready."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

from .errors import ProviderError

Answer = TypeVar("Answer")


class PartialFailure(ProviderError):
    """The object exists, and the operation did not finish.

    The engine records the state with the reasons, and the next update tries again.
    """

    def __init__(
        self, resource_id: str, message: str, reasons: list[str], state: Struct, inputs: Struct | None = None
    ) -> None:
        super().__init__(message)
        self.details = provider_pb2.ErrorResourceInitFailed(
            id=resource_id, properties=state, reasons=[message, *reasons], inputs=inputs
        )


def one_message(call: Callable[..., Answer]) -> Callable[..., Answer]:
    """Turn the exception of an RPC into its gRPC status. An internal error is one line too, with file and line."""

    @functools.wraps(call)
    def guarded(self: Any, request: Any, context: grpc.ServicerContext) -> Answer:
        try:
            return call(self, request, context)
        except PartialFailure as error:
            _attach(context, error)
            _refuse(context, grpc.StatusCode.UNKNOWN, str(error))
        except ProviderError as error:
            _refuse(context, grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001  the engine needs a response, and messages of unknown errors may contain secrets
            frame = traceback.extract_tb(error.__traceback__)[-1]
            _refuse(
                context,
                grpc.StatusCode.INTERNAL,
                f"internal error of the stand-in provider: {type(error).__name__} at {frame.filename}:{frame.lineno}",
            )

    return guarded


def _refuse(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    """End the call; `abort` always raises."""
    context.abort(code, message)
    raise AssertionError("unreachable: abort raises")


def _attach(context: grpc.ServicerContext, error: PartialFailure) -> None:
    packed = AnyMessage()
    packed.Pack(error.details)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
