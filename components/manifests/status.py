"""The `status` of the four custom resources, from what was seen: pure, and never better than the truth."""

from collections.abc import Mapping, Sequence
from typing import Any


def pool_status(*, desired: int, usable: int, locked: int, stamp: Mapping[str, str]) -> dict[str, Any]:
    """Status of an IdentityPool: `usable` identities were seen complete on chain, `locked` are used by nodes."""
    if locked > usable:
        phase = "OutOfSync"
    elif usable < desired:
        phase = "Initialized"
    else:
        phase = "Ready"
    return {"phase": phase, "size": usable, "locked": locked, **_stamped(stamp)}


def identity_status(node: str | None) -> dict[str, Any]:
    """Status of an IdentityHoprd: used by that node, or ready for one."""
    return {"phase": "InUse", "hoprdNodeName": node} if node else {"phase": "Ready"}


def node_phase(*, enabled: bool, replicas: int | None, ready_replicas: int | None) -> str:
    """Phase of a Hoprd from the numbers of its Deployment's status; the API server leaves a number out when it is 0."""
    if enabled:
        return "Running" if ready_replicas else "Initializing"
    return "Initializing" if replicas else "Stopped"


def node_status(phase: str, identity_name: str, stamp: Mapping[str, str]) -> dict[str, Any]:
    """Status of a Hoprd."""
    return {"phase": phase, "identityName": identity_name, **_stamped(stamp)}


def cluster_status(node_phases: Sequence[str], *, enabled: bool, stamp: Mapping[str, str]) -> dict[str, Any]:
    """Status of a ClusterHoprd: Ready when every node is Running, NotScaled while it is switched off."""
    running = sum(phase == "Running" for phase in node_phases)
    if not enabled:
        phase = "NotScaled"
    elif running == len(node_phases):
        phase = "Ready"
    else:
        phase = "Scaling"
    return {"phase": phase, "currentNodes": running, **_stamped(stamp)}


def _stamped(stamp: Mapping[str, str]) -> dict[str, str]:
    return {"updateTimestamp": stamp["timestamp"], "checksum": stamp["checksum"]}
