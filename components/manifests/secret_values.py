"""The Secret of a node with the parts of its configuration that are secret.

Nodes without secrets in their configuration have none: their Deployments stay as they are.
"""

import hashlib
import json
from base64 import b64encode
from functools import lru_cache
from typing import Any

import yaml

from components.manifests.node import NodePlan
from config.models.clusters import DeploymentSettings, Workload
from config.models.likely_secrets import ALL_CONCEALED, CONCEALED, concealed, is_likely_secret, secret_paths

CONFIGURATION_KEY = "config.yaml"
DIGEST = "hoprds.hoprnet.org/configuration-digest"
_SCRYPT_N, _SCRYPT_R = 8192, 8


def secret_values(workload: Workload, *, marked: bool) -> dict[str, str]:
    """Return the secret texts of a node by key of its Secret; empty if it has none.

    With `marked`, Pulumi knows the section as secret, so every text is; otherwise those that are probably secret.
    """
    values = {CONFIGURATION_KEY: workload.config} if marked or secret_paths(workload.config) else {}
    for position, entry in enumerate(workload.deployment.env or []):
        if "value" in entry and (marked or is_likely_secret(entry["name"], entry["value"])):
            values[variable_key(position)] = entry["value"]
    return values


def variable_key(position: int) -> str:
    """The key of the environment variable at this position of `deployment.env`."""
    return f"env-{position}"


def secret(node: NodePlan) -> dict[str, Any]:
    """The Secret of a node that has secret values."""
    data = {key: b64encode(text.encode()).decode() for key, text in node_values(node).items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": node.metadata(node.configuration_secret),
        "type": "Opaque",
        "data": data,
    }


def node_values(node: NodePlan) -> dict[str, str]:
    """The secret texts of a node by key of its Secret; its configuration is the one that hoprd reads."""
    values = secret_values(node.workload, marked=node.marked)
    return {**values, CONFIGURATION_KEY: node.configuration} if CONFIGURATION_KEY in values else values


def pod_annotations(node: NodePlan) -> dict[str, str]:
    """Annotations of the pod: a changed digest restarts the node, because its pod reads the Secret only at its start.

    scrypt, because whoever may read a pod may not read its Secret, and could otherwise guess a short secret.
    """
    values = node_values(node)
    return {DIGEST: _digest(json.dumps(values, sort_keys=True), node.name)} if values else {}


def public_config(workload: Workload, *, marked: bool) -> str:
    """The configuration as the custom resource shows it: without secrets."""
    return ALL_CONCEALED if marked else concealed(workload.config)


def public_deployment(settings: DeploymentSettings, *, marked: bool) -> dict[str, str]:
    """The container overrides as YAML texts, as the custom resource shows them: without secrets."""
    overrides = settings.model_dump(by_alias=True, exclude_none=True)
    if "env" in overrides:
        overrides["env"] = [
            {**entry, "value": CONCEALED}
            if "value" in entry and (marked or is_likely_secret(entry["name"], entry["value"]))
            else entry
            for entry in overrides["env"]
        ]
    return {field: yaml.safe_dump(value, sort_keys=False) for field, value in overrides.items()}


@lru_cache(maxsize=512)
def _digest(text: str, node: str) -> str:
    memory = 256 * _SCRYPT_N * _SCRYPT_R
    key = hashlib.scrypt(text.encode(), salt=node.encode(), n=_SCRYPT_N, r=_SCRYPT_R, p=1, dklen=16, maxmem=memory)
    return key.hex()
