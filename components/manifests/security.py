"""Security contexts: containers get no privileges.

hoprd's image chooses its user, so the program does not set one. Root without capabilities is subject to file
permissions, so the init container and hoprd share files and the volume through the pod's group.
"""

from typing import Any

_POD_GROUP = 10001
_UNPRIVILEGED_USER = 10001


def pod_security() -> dict[str, Any]:
    """Security context of a pod with volumes. Kubernetes does not change the group of a whole volume at each start."""
    return {
        "fsGroup": _POD_GROUP,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Security context of a container whose image chooses its user."""
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def unprivileged_security() -> dict[str, Any]:
    """Security context of a container that runs as an unprivileged user and writes only to its volumes."""
    return {
        **container_security(),
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": _UNPRIVILEGED_USER,
        "runAsGroup": _POD_GROUP,
    }
