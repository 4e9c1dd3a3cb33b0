"""What the cluster shows of one node: whether it has settled, and what keeps it from running. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity.cluster.api import Object

_STARTING = frozenset(["", "ContainerCreating", "PodInitializing"])
_LONGEST = 300


@dataclass(frozen=True)
class NodeView:
    """One node. `problem` says what is missing until it has settled, empty afterwards.

    `fails`: a container or the creation of the pod fails. `hopeless`: waiting does not help, since nothing in the
    cluster works on it. `replicas`: the number to which the Deployment must be scaled back.
    """

    running: bool = False
    settled: bool = False
    problem: str = ""
    fails: bool = False
    hopeless: bool = False
    replicas: int | None = None

    def phase(self, *, enabled: bool) -> str:
        """The phase of the Hoprd."""
        if self.running:
            return "Running"
        if self.settled:
            return "Stopped"
        return "Failed" if enabled and (self.fails or self.hopeless) else "Initializing"


def view(
    name: str,
    *,
    enabled: bool,
    deployment: Object | None,
    pods: Sequence[Object] = (),
    events: Mapping[str, Sequence[Object]] | None = None,
) -> NodeView:
    """Return the view of the node `name`; `events` are warnings by the name of the pod."""
    if deployment is None:
        return NodeView(problem=f"Deployment {name} is missing", hopeless=True)
    if deployment["metadata"].get("deletionTimestamp"):
        return NodeView(problem=f"Deployment {name} is being deleted")
    if altered := _altered(name, deployment, int(enabled)):
        return altered
    if not _is_observed(deployment):
        return NodeView(problem=f"the cluster has not processed the change of Deployment {name} yet")
    return _running(name, deployment, pods, events or {}) if enabled else _stopped(name, deployment, pods)


def _altered(name: str, deployment: Object, wanted: int) -> NodeView | None:
    replicas = int((deployment.get("spec") or {}).get("replicas", 1))
    if replicas == wanted:
        return None
    problem = f"another client has changed the replicas of Deployment {name} from {wanted} to {replicas}"
    return NodeView(problem=problem, replicas=wanted)


def _running(name: str, deployment: Object, pods: Sequence[Object], events: Mapping[str, Sequence[Object]]) -> NodeView:
    present = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    counts = {_count(deployment, field) for field in ("replicas", "updatedReplicas", "readyReplicas")}
    if counts == {1} and _count(deployment, "availableReplicas") == 1 and [_is_ready(pod) for pod in present] == [True]:
        return NodeView(running=True, settled=True)
    return _unready(name, deployment, pods, present, events)


def _stopped(name: str, deployment: Object, pods: Sequence[Object]) -> NodeView:
    if pods:
        return NodeView(problem=f"pod {pods[0]['metadata']['name']} still exists")
    if _count(deployment, "replicas"):
        return NodeView(problem=f"Deployment {name} still has a pod")
    return NodeView(settled=True)


def _unready(
    name: str,
    deployment: Object,
    pods: Sequence[Object],
    present: Sequence[Object],
    events: Mapping[str, Sequence[Object]],
) -> NodeView:
    for condition in (deployment.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            reason = _because(condition)
            return NodeView(problem=f"Deployment {name} cannot create its pod: {reason}", fails=True)
    for pod in present:
        if _is_ready(pod):
            continue
        pod_name = pod["metadata"]["name"]
        failures, hints = list(_failures(pod)), list(_hints(pod))
        warnings = [] if failures or hints else [_because(event) for event in _latest(events.get(pod_name, ()))]
        reasons = "; ".join([*failures, *hints, *warnings]) or _starting(pod)
        return NodeView(problem=f"pod {pod_name}: {reasons}", fails=bool(failures))
    if present:
        return NodeView(problem=f"pod {present[0]['metadata']['name']}: its Deployment does not count it as available")
    if pods:
        return NodeView(problem=f"pod {pods[0]['metadata']['name']} of the previous version still stops")
    return NodeView(problem=f"Deployment {name} has no pod yet")


def _failures(pod: Object) -> Iterator[str]:
    """What the pod cannot get over without a change, or a repetition of what has just failed."""
    status = pod.get("status") or {}
    if status.get("phase") == "Failed":
        yield _because({"reason": "Failed", **status})
    for container in _containers(status):
        state = container.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated") or {}
        if waiting.get("reason", "") not in _STARTING:
            yield f"container {container['name']}: {_because(waiting)}{_last_end(container)}"
        elif terminated.get("exitCode"):
            yield f"container {container['name']} ended: {_because(terminated)}, exit code {terminated['exitCode']}"


def _hints(pod: Object) -> Iterator[str]:
    """What a pod that has not failed waits for."""
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield _because(condition)
    for container in _containers(status):
        restarted = "running" in (container.get("state") or {}) and not container.get("ready")
        if restarted and (last := _last_end(container)):
            yield f"container {container['name']} runs again and is not ready{last}"


def _starting(pod: Object) -> str:
    waiting = [container["name"] for container in _containers(pod.get("status") or {}) if not container.get("ready")]
    return f"not ready yet ({', '.join(waiting)})" if waiting else "not ready yet"


def _containers(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in ("initContainerStatuses", "containerStatuses"):
        yield from status.get(group) or []


def _last_end(container: Mapping[str, Any]) -> str:
    ended = (container.get("lastState") or {}).get("terminated") or {}
    if not ended:
        return ""
    return (
        f" (restarted {int(container.get('restartCount') or 0)} times; it last ended with exit code "
        f"{ended.get('exitCode')}, {ended.get('reason') or 'no reason'})"
    )


def _because(source: Mapping[str, Any]) -> str:
    """`<reason>: <message>`, on one line and of limited length."""
    text = ": ".join(str(source[key]) for key in ("reason", "message") if source.get(key))
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _latest(events: Sequence[Object]) -> list[Object]:
    newest = sorted(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    return newest[-1:]


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _is_observed(deployment: Object) -> bool:
    observed = (deployment.get("status") or {}).get("observedGeneration") or 0
    return int(observed) >= int(deployment["metadata"].get("generation") or 0)


def _count(deployment: Object, field: str) -> int:
    """The API server omits a number that is 0."""
    return int((deployment.get("status") or {}).get(field) or 0)
