"""Connects to the cluster of a kubeconfig's context, for the modules that read or write it without the engine."""

import importlib
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from identity.errors import NoUsableContext

_ATTEMPTS = 4
_LONGEST_MESSAGE = 300
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
        with _plugin_failures() as failures:
            of_kubeconfig(file, context, client_configuration=configuration, persist_config=False)
        if failures:
            raise NoUsableContext(
                f"the login of the {named(context)} failed: {failures[0]}: run its command (users[].user.exec in the "
                "kubeconfig) by hand to see the reason"
            )
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


class _Failures(logging.Handler):
    """Collects what the library only logs: after a failed plugin, it continues without a login."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first line of an error of this thread."""
        if record.module == "kube_config" and record.thread == self._thread:
            self.messages.append(" ".join(record.getMessage().split())[:_LONGEST_MESSAGE])


@contextmanager
def _plugin_failures() -> Iterator[list[str]]:
    handler, root = _Failures(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.messages
    finally:
        root.removeHandler(handler)


def named(context: str | None) -> str:
    """The context in a message."""
    return f"context '{context}'" if context else "current context"
