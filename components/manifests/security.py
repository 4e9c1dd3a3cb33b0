"""What a pod may do: nothing beyond running its process.

hoprd's image decides its own user, so none is forced on it. Root without capabilities obeys file permissions like
everybody else; the pod's group is what lets the init container, hoprd and the volume work together.
"""

from typing import Any

_POD_GROUP = 10001
_UNPRIVILEGED_USER = 10001


def pod_security() -> dict[str, Any]:
    """Security context of a pod with volumes; big volumes are not walked at each start."""
    return {
        "fsGroup": _POD_GROUP,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Security context of a container whose image chooses its user."""
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def unprivileged_security() -> dict[str, Any]:
    """Security context of a container that runs as nobody in particular and writes to its volumes alone."""
    return {
        **container_security(),
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": _UNPRIVILEGED_USER,
        "runAsGroup": _POD_GROUP,
    }
