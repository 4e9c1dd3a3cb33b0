"""Waits for all nodes at once, and writes every status that changes meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from components.status.apply import scale, write
from components.status.decide import Decision, decide
from components.status.model import DesiredFleet
from components.status.observe import observe
from config.errors import HoprdError
from identity.cluster.api import ClusterApi

_SHORTEST_PAUSE_S = 0.3
_SHARE_OF_LOOKING = 4  # a look at many nodes costs seconds of the API server: then look less often
_BETWEEN_LINES_S = 5.0
_NAMED_IN_PROGRESS = 3
_NAMED_IN_ERROR = 30


class NodesNotReady(HoprdError):
    """Nodes did not become ready, or objects are missing. All statuses are written."""


@dataclass(frozen=True)
class Clock:
    """The time in seconds, and a way to let it pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Place:
    """The API server and the namespace of the stack's objects."""

    api: ClusterApi
    namespace: str

    def look(self, desired: DesiredFleet) -> Decision:
        """Observe and decide, without writing."""
        return decide(desired, observe(self.api, self.namespace))


def settle(
    place: Place, desired: DesiredFleet, timeout_s: float, report: Callable[[str], None], clock: Clock | None = None
) -> Decision:
    """Wait until every node has settled; return the last decision, whose statuses are written.

    Raise NodesNotReady after `timeout_s` seconds, or at once if waiting does not help.
    """
    clock = clock or Clock()
    start = clock.now()
    progress = _Progress(desired, report, clock)
    while True:
        before = clock.now()
        decision = place.look(desired)
        write(place.api, place.namespace, decision.changes)
        scale(place.api, place.namespace, decision.scales)
        if decision.complete:
            return decision
        waited = clock.now() - start
        if decision.hopeless or waited >= timeout_s:
            raise NodesNotReady(_failure(desired, decision, waited))
        progress.show(decision)
        took = clock.now() - before
        clock.sleep(min(max(_SHORTEST_PAUSE_S, _SHARE_OF_LOOKING * took), max(timeout_s - waited, 0)))


class _Progress:
    """Reports what the run waits for, when that changes."""

    def __init__(self, desired: DesiredFleet, report: Callable[[str], None], clock: Clock) -> None:
        self._nodes, self._report, self._clock = len(desired.nodes), report, clock
        self._last = ""
        self._reported_at = clock.now()

    def show(self, decision: Decision) -> None:
        waiting = [f"{name} ({node.problem})" for name, node in decision.unready.items()]
        named = "; ".join(_limited(waiting, _NAMED_IN_PROGRESS))
        line = f"{self._nodes - len(waiting)} of {self._nodes} nodes are as they should be; waiting for {named}"
        now = self._clock.now()
        if line != self._last and now - self._reported_at >= _BETWEEN_LINES_S:
            self._report(line)
            self._last, self._reported_at = line, now


def _failure(desired: DesiredFleet, decision: Decision, waited_s: float) -> str:
    lines = [f"{name}: {node.problem}" for name, node in decision.unready.items()]
    parts = []
    if lines:
        how_long = "" if decision.hopeless else f" after {waited_s:.0f} s (platform.deploymentTimeoutS)"
        count = f"{len(lines)} of {len(desired.nodes)} nodes are not {_goal(desired, decision)}{how_long}:"
        parts = [count, *(f"  {line}" for line in _limited(lines, _NAMED_IN_ERROR))]
    if decision.missing:
        parts += ["Objects of the stack are missing:", *(f"  {line}" for line in _limited([*decision.missing], 30))]
        advice = "Run `pulumi up --refresh`, which creates them again."
    elif decision.hopeless:
        advice = "Run `pulumi up` again, which creates their Deployments again."
    else:
        advice = "Correct the cause, then run `pulumi up` again."
    parts.append(f"The status of each custom resource says so. {advice}")
    return "\n".join(parts)


def _goal(desired: DesiredFleet, decision: Decision) -> str:
    enabled = {desired.nodes[name].enabled for name in decision.unready}
    if len(enabled) == 1:
        return "ready" if enabled == {True} else "stopped"
    return "ready or stopped, as configured,"


def _limited(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], f"and {len(lines) - most} more"]
