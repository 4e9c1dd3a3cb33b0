"""Environment variables of a node."""

from typing import Any

from components.manifests.metadata import Later
from components.manifests.node import NodePlan
from components.manifests.secret_values import node_values, variable_key
from config.models.releases import line_of
from config.secret_keys import HOPRD_API_TOKEN, IDENTITY_PASSWORD

IDENTITY_FILE = "/app/hoprd-identity/.hopr-id"
CONFIGURATION_FILE = "/app/hoprd-identity/config.yaml"
DATABASE_DIRECTORY = "/app/hoprd-db"

DEFAULTS = {
    "RUST_BACKTRACE": "full",
    "RUST_LOG": "info",
    "HOPRD_LOG_FORMAT": "json",
    "HOPRD_MAX_RPC_REQUESTS_PER_SEC": "1000",
}


def of_node(node: NodePlan, announced: Later) -> list[dict[str, Any]]:
    """The defaults, the operator's variables, which may replace defaults, and the reserved variables.

    The program sets only variables that the release line of the node's version reads (`config.models.releases`). The
    configuration must not set reserved ones (`config.models.releases.RESERVED_VARIABLES`).
    """
    read = line_of(node.workload.version, node.workload.supported_release).variables
    entries = [
        *(literal(name, value) for name, value in DEFAULTS.items() if name in read),
        *_configured(node),
        *(entry for entry in _reserved(node, announced) if entry["name"] in read),
    ]
    return list({entry["name"]: entry for entry in entries}.values())


def _configured(node: NodePlan) -> list[dict[str, Any]]:
    """The operator's variables; the values of secret ones are in the node's Secret."""
    secrets = node_values(node)
    return [
        from_secret(entry["name"], node.configuration_secret, key)
        if (key := variable_key(position)) in secrets
        else entry
        for position, entry in enumerate(node.workload.deployment.env or [])
    ]


def literal(name: str, value: Later) -> dict[str, Any]:
    """A variable with a plain-text value."""
    return {"name": name, "value": value}


def verbatim(name: str, text: str) -> dict[str, Any]:
    """A variable with exactly this value: Kubernetes expands `$(NAME)` and reduces `$$` to `$`."""
    return literal(name, text.replace("$", "$$"))


def from_secret(name: str, secret: str, key: str) -> dict[str, Any]:
    """A variable whose value is an entry of a Secret."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def _reserved(node: NodePlan, announced: Later) -> list[dict[str, Any]]:
    session_range = node.ports.session_range
    return [
        from_secret("HOPRD_PASSWORD", node.secret_name, IDENTITY_PASSWORD),
        from_secret(HOPRD_API_TOKEN, node.secret_name, HOPRD_API_TOKEN),
        literal("HOPRD_CONFIGURATION_FILE_PATH", CONFIGURATION_FILE),
        literal("HOPRD_NETWORK", node.network),
        literal("HOPRD_SAFE_ADDRESS", node.identity["safeAddress"]),
        literal("HOPRD_MODULE_ADDRESS", node.identity["moduleAddress"]),
        literal("HOPRD_IDENTITY", IDENTITY_FILE),
        literal("HOPRD_DATA", DATABASE_DIRECTORY),
        literal("HOPRD_HOST", announced),
        literal("HOPRD_API", "1"),
        literal("HOPRD_API_HOST", "0.0.0.0"),  # noqa: S104 - the pod's own network
        literal("HOPRD_DEFAULT_SESSION_LISTEN_HOST", "0.0.0.0:0"),
        *([literal("HOPRD_SESSION_PORT_RANGE", session_range)] if session_range else []),
    ]
