"""The `status` of the four custom resources. Pure; every status follows from observed values."""

from collections.abc import Mapping, Sequence
from typing import Any


def pool_status(*, desired: int, usable: int, locked: int, stamp: Mapping[str, str]) -> dict[str, Any]:
    """Status of an IdentityPool: `usable` identities are complete on chain, nodes use `locked` identities."""
    if locked > usable:
        phase = "OutOfSync"
    elif usable < desired:
        phase = "Initialized"
    else:
        phase = "Ready"
    return {"phase": phase, "size": usable, "locked": locked, **_stamped(stamp)}


def identity_status(node: str | None, *, lost: bool = False) -> dict[str, Any]:
    """Status of an IdentityHoprd: `node` uses it, or it is free (None). `lost`: its volume does not exist."""
    phase = "Failed" if lost else "InUse" if node else "Ready"
    return {"phase": phase, "hoprdNodeName": node} if node else {"phase": phase}


def node_status(phase: str, identity_name: str, stamp: Mapping[str, str]) -> dict[str, Any]:
    """Status of a Hoprd."""
    return {"phase": phase, "identityName": identity_name, **_stamped(stamp)}


def cluster_status(node_phases: Sequence[str], *, enabled: bool, stamp: Mapping[str, str]) -> dict[str, Any]:
    """Status of a ClusterHoprd: Ready if every node is Running, Failed if one fails, NotScaled if it is disabled."""
    running = sum(phase == "Running" for phase in node_phases)
    if not enabled:
        phase = "NotScaled"
    elif "Failed" in node_phases:
        phase = "Failed"
    elif running == len(node_phases):
        phase = "Ready"
    else:
        phase = "Scaling"
    return {"phase": phase, "currentNodes": running, **_stamped(stamp)}


def _stamped(stamp: Mapping[str, str]) -> dict[str, str]:
    return {"updateTimestamp": stamp["timestamp"], "checksum": stamp["checksum"]}
