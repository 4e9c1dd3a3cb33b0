"""What the dynamic providers have in common: the stack's configuration, and a way to tell the user something.

Secrets (wallet key, identity password, RPC URL) come from the stack's configuration in `configure`, or from where it
says they lie, in the provider's own process: they are never an input, an output or part of the pickled provider.
The engine itself keeps the last configuration, its secrets encrypted, beside them in the state (docs/security.md).
"""

import functools
import json
import logging
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

import grpc
from pulumi.dynamic import ConfigureRequest, ResourceProvider

from config.errors import HoprdError
from config.models.chain import ChainSettings
from config.models.platform import Platform
from config.models.pools import Pool
from config.models.spending import Spending
from config.models.wallet import Wallet
from identity.evm.calls import Signers
from identity.secrets.signers import signers_of
from identity.secrets.sources import Secrets, secrets_of

Properties = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])


def abort_with_message(method: Method) -> Method:
    """Lets what a person can cause or cure end a call of the engine with the error's own words.

    Raised, it would reach the user as "Exception calling application: …". The dynamic provider host keeps gRPC's way of
    saying it, the call's context, to itself: it is found where the host calls this from. Elsewhere the error is raised.
    """

    @functools.wraps(method)
    def wrapper(*arguments: Any) -> Any:
        try:
            return method(*arguments)
        except HoprdError as error:
            context = sys._getframe(1).f_locals.get("context")
            if not isinstance(context, grpc.ServicerContext):
                raise
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return cast(Method, wrapper)


class Configured(ResourceProvider):
    """A provider that knows the stack's wallet and chain, and nothing of them before `configure`."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Keeps the configuration of this process; gRPC's own log would print a traceback for each error."""
        logging.getLogger("grpc").setLevel(logging.CRITICAL)
        self._configuration = req.config

    def _wallet(self) -> Wallet:
        return Wallet.model_validate_json(self._configuration.require("wallet"))

    def _pool(self, name: str) -> Pool:
        """A pool's configuration; its defaults for a pool that is configured no more."""
        pools = json.loads(self._configuration.get("pools") or "{}")
        return Pool.model_validate_json(json.dumps(pools.get(name) or {"size": 1}))

    def _spending(self) -> Spending:
        return Spending.model_validate_json(self._configuration.get("spending") or "{}")

    def _chain_settings(self) -> ChainSettings:
        return ChainSettings.model_validate_json(self._configuration.require("chain"))

    def _secrets(self) -> Secrets:
        wallet = self._wallet()
        lie_in_the_cluster = wallet.source is not None and wallet.source.kubernetes_secret is not None
        return secrets_of(wallet, self._platform() if lie_in_the_cluster else None)

    def _platform(self) -> Platform:
        return Platform.model_validate_json(self._configuration.require("platform"))

    def _signers(self) -> Signers:
        return signers_of(self._wallet(), self._secrets())


def notify(text: str) -> None:
    """Shows a line to the user; the engine adds the resource it belongs to."""
    sys.stderr.write(f"{text}\n")  # at once: several threads say something
    sys.stderr.flush()
