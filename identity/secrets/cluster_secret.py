"""Reads Secrets and identity files from the cluster."""

import base64
import binascii
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from config.cluster_names import GROUP, IDENTITIES_PLURAL, VERSION
from config.secret_keys import DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN, IDENTITY_PASSWORD
from identity.errors import NoUsableContext, SecretsUnavailable
from identity.secrets.kubeconfig import connect, load_client, named

_log = logging.getLogger(__name__)

_WHERE = "wallet.from.kubernetesSecret"
_TIMEOUT_S = 10


def read_cluster_secret(name: str, namespace: str, context: str | None) -> Mapping[str, str]:
    """Return the decoded values of a Secret by key; `context` is a context of the kubeconfig, None the current one.

    Uses the kubeconfig in KUBECONFIG or the home folder; without one, the service account of the pod it runs in.
    Raises SecretsUnavailable.
    """
    load_client()  # only stacks with secrets in a cluster need it
    from kubernetes.client import CoreV1Api  # noqa: PLC0415

    _log.debug("reading Secret %s of namespace %s", name, namespace)
    what = f"Secret '{name}' in namespace '{namespace}'"
    with _client(context, _WHERE) as client:
        api = CoreV1Api(client)
        secret = _answer(
            lambda: api.read_namespaced_secret(name, namespace, _request_timeout=_TIMEOUT_S), _WHERE, what, context
        )
    if secret is None:
        raise SecretsUnavailable(
            f"{_WHERE}: there is no {what}: create it with {DEPLOYER_PRIVATE_KEY}, {IDENTITY_PASSWORD} and "
            f"{HOPRD_API_TOKEN} (kubectl create secret generic)"
        )
    return {key: _decoded(key, value) for key, value in (secret.data or {}).items()}


def read_identity_files(secret_name: str, namespace: str, context: str | None) -> list[tuple[str, str, str]]:
    """Return identity, location and base64 text of each identity file in a pool's Secret and in IdentityHoprd objects.

    The IdentityHoprd objects are all of the namespace. Absent objects, namespaces and definitions have no files.
    Raises SecretsUnavailable if the cluster cannot be searched.
    """
    load_client()
    from kubernetes.client import CoreV1Api, CustomObjectsApi  # noqa: PLC0415 - as above

    where = "platform"
    secret_text, objects_text = f"Secret '{secret_name}'", f"IdentityHoprd objects of namespace '{namespace}'"
    with _client(context, where) as client:
        core, custom = CoreV1Api(client), CustomObjectsApi(client)
        secret = _answer(
            lambda: core.read_namespaced_secret(secret_name, namespace, _request_timeout=_TIMEOUT_S),
            where,
            f"{secret_text} in namespace '{namespace}'",
            context,
        )
        objects = _answer(
            lambda: custom.list_namespaced_custom_object(
                GROUP, VERSION, namespace, IDENTITIES_PLURAL, _request_timeout=_TIMEOUT_S
            ),
            where,
            objects_text,
            context,
        )
    found = [(name, f"{secret_text} of namespace '{namespace}'", text) for name, text in _entries(secret)]
    for item in (objects or {}).get("items", ()):
        name, text = item["metadata"]["name"], item.get("spec", {}).get("identityFile")
        if text:
            found.append((name, f"IdentityHoprd '{name}' of namespace '{namespace}'", text))
    return found


def _entries(secret: Any) -> list[tuple[str, str]]:
    return list((secret.data or {}).items()) if secret is not None else []


def _answer(read: Callable[[], Any], where: str, what: str, context: str | None) -> Any:
    """Return the cluster's answer, None if it has no such object; raise SecretsUnavailable for any other failure."""
    load_client()
    from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 - as above
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        return read()
    except ApiException as error:
        if error.status == 404:
            return None
        raise SecretsUnavailable(f"{where}: {_refusal(error.status, what)}") from error
    except (HTTPError, OSError) as error:
        raise SecretsUnavailable(
            f"{where}: the cluster of the {named(context)} does not respond to a read of {what}: check "
            "platform.kubeContext and the network"
        ) from error


@contextmanager
def _client(context: str | None, where: str) -> Iterator[Any]:
    """Yield a client of the context's cluster; `where` is the setting that needs it."""
    try:
        client = connect(context)
    except NoUsableContext as error:
        raise SecretsUnavailable(f"{where}: {error}") from error
    with client:
        yield client


def _refusal(status: int | None, what: str) -> str:
    match status:
        case 401:
            return "the cluster rejects the kubeconfig's credentials: log in again"
        case 403:
            return f"the kubeconfig's user may not read {what}: grant it the permission"
        case _:
            return f"the cluster responded with status {status} to a read of {what}: run again"


def _decoded(key: str, value: str | bytes) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise SecretsUnavailable(f"{_WHERE}: {key} is not UTF-8 text in base64: correct it in the Secret") from None
