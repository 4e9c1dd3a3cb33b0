"""Connects to the cluster of a kubeconfig's context, for the modules that read or write it without the engine."""

import importlib
import os
import threading
from typing import Any

from identity.errors import NoUsableContext

_ATTEMPTS = 4
_BUSY = (429, 500, 502, 503, 504)
_loading = threading.Lock()


def load_client() -> None:
    """Import the client, which takes a second; call this before any other import of it.

    Two threads that import it at the same time for the first time end in a deadlock of Python's module locks: the
    modules of the client import each other.
    """
    with _loading:
        importlib.import_module("kubernetes")


def connect(context: str | None) -> Any:
    """Return a client of the official library that retries while the API server is busy; use it in a `with` statement.

    `context` is a context of the kubeconfig, None the current one. Uses the kubeconfig in KUBECONFIG or the home
    folder; without one, the service account of the pod it runs in. Raises NoUsableContext.
    """
    load_client()
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415
    from kubernetes.config import ConfigException, load_incluster_config, load_kube_config  # noqa: PLC0415
    from urllib3.util import Retry  # noqa: PLC0415

    configuration: Any = Configuration()  # the client is untyped
    of_kubeconfig: Any = load_kube_config
    of_pod: Any = load_incluster_config
    try:
        file = os.environ.get("KUBECONFIG")
        of_kubeconfig(file, context, client_configuration=configuration, persist_config=False)
    except ConfigException as error:
        if context is not None or "KUBERNETES_SERVICE_HOST" not in os.environ:
            raise NoUsableContext(
                f"the kubeconfig has no usable {named(context)}: check KUBECONFIG and platform.kubeContext"
            ) from error
        of_pod(client_configuration=configuration)
    configuration.retries = Retry(
        total=_ATTEMPTS,
        backoff_factor=0.2,
        status_forcelist=_BUSY,
        raise_on_status=False,
        respect_retry_after_header=True,
    )
    return ApiClient(configuration)


def named(context: str | None) -> str:
    """The context in a message."""
    return f"context '{context}'" if context else "current context"
