"""Reads a Secret from the cluster. The only module of `identity` that uses Kubernetes."""

import base64
import binascii
import logging
import os
from collections.abc import Mapping
from typing import Any

from config.secret_keys import DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN, IDENTITY_PASSWORD
from identity.errors import SecretsUnavailable

_log = logging.getLogger(__name__)

_WHERE = "wallet.from.kubernetesSecret"
_TIMEOUT_S, _ATTEMPTS = 10, 4
_BUSY = (429, 500, 502, 503, 504)


def read_cluster_secret(name: str, namespace: str, context: str | None) -> Mapping[str, str]:
    """Return the decoded values of a Secret by key; `context` is a context of the kubeconfig, None the current one.

    Uses the kubeconfig in KUBECONFIG or the home folder; without one, the service account of the pod it runs in.
    Raises SecretsUnavailable.
    """
    # The client takes a second to import, and only stacks with secrets in a cluster need it.
    from kubernetes.client import CoreV1Api  # noqa: PLC0415
    from kubernetes.client.exceptions import ApiException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    _log.debug("reading Secret %s of namespace %s", name, namespace)
    with _client(context) as client:
        try:
            secret = CoreV1Api(client).read_namespaced_secret(name, namespace, _request_timeout=_TIMEOUT_S)
        except ApiException as error:
            raise SecretsUnavailable(f"{_WHERE}: {_refusal(error.status, name, namespace)}") from error
        except (HTTPError, OSError) as error:
            raise SecretsUnavailable(
                f"{_WHERE}: the cluster of the {_named(context)} does not respond to a read of Secret '{name}': check "
                "platform.kubeContext and the network"
            ) from error
    return {key: _decoded(key, value) for key, value in (secret.data or {}).items()}


def _client(context: str | None) -> Any:
    """Return a client that retries while the API server is busy."""
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415 - as above
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
            raise SecretsUnavailable(
                f"{_WHERE}: the kubeconfig has no usable {_named(context)}: check KUBECONFIG and platform.kubeContext"
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


def _refusal(status: int | None, name: str, namespace: str) -> str:
    match status:
        case 404:
            return (
                f"there is no Secret '{name}' in namespace '{namespace}': create it with {DEPLOYER_PRIVATE_KEY}, "
                f"{IDENTITY_PASSWORD} and {HOPRD_API_TOKEN} (kubectl create secret generic)"
            )
        case 401:
            return "the cluster rejects the kubeconfig's credentials: log in again"
        case 403:
            return (
                f"the kubeconfig's user may not get Secret '{name}' in namespace '{namespace}': grant it the permission"
            )
        case _:
            return f"the cluster responded with status {status} to a read of Secret '{name}': run again"


def _named(context: str | None) -> str:
    return f"context '{context}'" if context else "current context"


def _decoded(key: str, value: str | bytes) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise SecretsUnavailable(f"{_WHERE}: {key} is not UTF-8 text in base64: correct it in the Secret") from None
