"""Reads Secrets and identity files from the cluster."""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from config.cluster_names import GROUP, IDENTITIES_PLURAL, STACK_ANNOTATION, VERSION
from config.secret_keys import DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN, IDENTITY_PASSWORD
from identity.cluster.api import FORBIDDEN, ClusterApi, ClusterRefused, ClusterUnreachable, Object
from identity.errors import NoUsableContext, SecretsUnavailable

_log = logging.getLogger(__name__)

_WHERE = "wallet.from.kubernetesSecret"
T = TypeVar("T")


def read_cluster_secret(name: str, namespace: str, context: str | None) -> Mapping[str, str]:
    """Return the decoded values of a Secret by key; `context` is a context of the kubeconfig, None the current one.

    Uses the kubeconfig in KUBECONFIG or the home folder; without one, the service account of the pod it runs in.
    Raises SecretsUnavailable.
    """
    _log.debug("reading Secret %s of namespace %s", name, namespace)
    what = f"Secret '{name}' in namespace '{namespace}'"
    secret = _read(lambda api: api.get(_secret_path(name, namespace)), _WHERE, what, context)
    if secret is None:
        raise SecretsUnavailable(
            f"{_WHERE}: there is no {what}: create it with {DEPLOYER_PRIVATE_KEY}, {IDENTITY_PASSWORD} and "
            f"{HOPRD_API_TOKEN} (kubectl create secret generic)"
        )
    return {key: _decoded(key, value) for key, value in _entries(secret)}


def read_identity_files(
    secret_name: str, namespace: str, context: str | None, stack: str | None = None
) -> list[tuple[str, str, str]]:
    """Return identity, location and base64 text of each identity file in a pool's Secret and in IdentityHoprd objects.

    The IdentityHoprd objects are all of the namespace. Absent objects, namespaces and definitions have no files. With
    `stack`, objects of other stacks are left out. Raises SecretsUnavailable if the cluster cannot be searched.
    """
    place = f"namespace '{namespace}'"
    files = f"the identity files in Secret '{secret_name}' and IdentityHoprd objects of {place}"
    path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{IDENTITIES_PLURAL}"
    secret, objects = _read(
        lambda api: (api.get(_secret_path(secret_name, namespace)), api.list(path, metadata_only=False)),
        "platform",
        files,
        context,
    )
    if secret and _of_another_stack(secret, stack):
        secret = None
    found = [(name, f"Secret '{secret_name}' of {place}", text) for name, text in _entries(secret)]
    for item in objects:
        if _of_another_stack(item, stack):
            continue
        name, text = item["metadata"]["name"], item.get("spec", {}).get("identityFile")
        if text:
            found.append((name, f"IdentityHoprd '{name}' of {place}", text))
    return found


def _of_another_stack(found: Object, stack: str | None) -> bool:
    """Whether the object is marked as that of a stack with another name, in whatever project."""
    mark = str((found["metadata"].get("annotations") or {}).get(STACK_ANNOTATION, ""))
    return stack is not None and mark.rpartition("/")[2] not in {"", stack}


def _secret_path(name: str, namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets/{name}"


def _entries(secret: Object | None) -> list[tuple[str, str]]:
    return list(((secret or {}).get("data") or {}).items())


def _read(read: Callable[[ClusterApi], T], where: str, what: str, context: str | None) -> T:
    """Return what `read` returns; raise SecretsUnavailable for any failure. `where` is the setting that needs it."""
    try:
        with ClusterApi(context) as api:
            return read(api)
    except ClusterRefused as error:
        if error.status != FORBIDDEN:
            raise SecretsUnavailable(f"{where}: {error}") from error
        text = f"the kubeconfig's user may not read {what}: grant it the permission"
        raise SecretsUnavailable(f"{where}: {text}") from error
    except (ClusterUnreachable, NoUsableContext) as error:
        raise SecretsUnavailable(f"{where}: {error}") from error


def _decoded(key: str, value: str | bytes) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise SecretsUnavailable(f"{_WHERE}: {key} is not UTF-8 text in base64: correct it in the Secret") from None
