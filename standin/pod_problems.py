"""The reasons why the pods of a workload are not ready: scheduling, image pulls, crashes, probes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .objects import KubeObject, dig, id_of

_UNREMARKABLE = frozenset(["", "ContainerCreating", "PodInitializing"])


def problems_of(pods: list[KubeObject]) -> list[str]:
    """Return one line for each pod that is not ready and reports a reason.

    For example `[Pod ns/name]: container hoprd [ImagePullBackOff]: Back-off pulling image …`.
    """
    lines = []
    for pod in pods:
        reasons = [] if dig(pod, "metadata", "deletionTimestamp") else list(dict.fromkeys(_reasons(pod)))
        if reasons:
            lines.append(f"[Pod {id_of(pod)}]: " + "; ".join(reasons))
    return lines


def _reasons(pod: KubeObject) -> Iterator[str]:
    conditions = {entry.get("type"): entry for entry in dig(pod, "status", "conditions") or []}
    if conditions.get("Ready", {}).get("status") == "True" or dig(pod, "status", "phase") == "Succeeded":
        return
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        yield _bracketed(scheduled.get("reason", ""), scheduled.get("message", ""))
    if dig(pod, "status", "phase") == "Failed":
        yield _bracketed(str(dig(pod, "status", "reason") or "Failed"), str(dig(pod, "status", "message") or ""))
    for group in ("initContainerStatuses", "containerStatuses"):
        for status in dig(pod, "status", group) or []:
            yield from _container_reasons(status)
    ready = conditions.get("Ready", {})
    if ready.get("message"):
        yield str(ready["message"])


def _container_reasons(status: dict[str, Any]) -> Iterator[str]:
    name = status.get("name", "")
    waiting = dig(status, "state", "waiting") or {}
    if waiting.get("reason", "") not in _UNREMARKABLE:
        yield f"container {name} {_bracketed(waiting['reason'], waiting.get('message', ''))}"
    for state in ("state", "lastState"):
        ended = dig(status, state, "terminated") or {}
        if ended.get("exitCode"):
            why = _bracketed(ended.get("reason", ""), ended.get("message", ""))
            yield f"container {name} ended with exit code {ended['exitCode']} {why}"


def _bracketed(reason: str, message: str) -> str:
    return f"[{reason}]: {message}" if message else f"[{reason}]"
