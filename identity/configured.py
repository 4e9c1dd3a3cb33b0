"""What the dynamic providers share: a `Run` for each configuration, and a way to report an error to the user."""

import functools
import logging
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

import grpc
from pulumi.dynamic import ConfigureRequest, ResourceProvider

from config.errors import HoprdError
from config.logs import configure_logging
from identity.engine_watch import end_with_engine, is_provider_host
from identity.run import Run
from identity.secrets.environment import forget_secrets

Properties = dict[str, Any]
_log = logging.getLogger(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])


def abort_with_message(method: Method) -> Method:
    """Abort the engine's call with only the message of a HoprdError.

    A raised error reaches the user as "Exception calling application: …". gRPC can end a call with a plain message, but
    only through the call's context, and the dynamic provider host (pulumi/pulumi#10040) neither passes the context on
    nor accepts an interceptor. So the context is taken from the host's stack frame. Where the caller has none, because
    another version of the host names it differently, the error is raised: same message, with gRPC's prefix.
    """

    @functools.wraps(method)
    def wrapper(*arguments: Any) -> Any:
        try:
            return method(*arguments)
        except HoprdError as error:
            _log.debug("%s ends the call with a message", method.__qualname__, exc_info=True)
            context = sys._getframe(1).f_locals.get("context")
            if not isinstance(context, grpc.ServicerContext):
                raise
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return cast(Method, wrapper)


class Configured(ResourceProvider):
    """A provider that gets the stack's configuration in `configure`; a pickled provider holds nothing."""

    serialize_as_secret_always = False
    run: Run

    def configure(self, req: ConfigureRequest) -> None:
        """Starts a run. Silences gRPC's own log, which prints a traceback for each error."""
        logging.getLogger("grpc").setLevel(logging.CRITICAL)
        configure_logging()
        if is_provider_host(sys.argv):
            end_with_engine(sys.argv)
            forget_secrets()
        self.run = Run(req.config)


def notify(text: str) -> None:
    """Shows a line to the user; the engine adds the resource it belongs to."""
    sys.stderr.write(f"{text}\n")  # one write: several threads report at the same time
    sys.stderr.flush()
