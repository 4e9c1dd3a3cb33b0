"""What the cluster shows of one node: each rule of `components.status.nodes`."""

from typing import Any

import pytest

from components.status.nodes import NodeView, view
from testkit.status.objects import MARKED, READY, STOPPED, UNAVAILABLE, deployment, pod, waiting

NODE = "c-1"


def seen(live: dict[str, Any] | None, *pods: dict[str, Any], enabled: bool = True, **events: Any) -> NodeView:
    return view(NODE, enabled=enabled, deployment=live, pods=pods, events=events)


def test_a_node_runs_when_its_deployment_and_its_pod_are_ready() -> None:
    found = seen(deployment(NODE), pod(NODE))
    assert (found.running, found.settled, found.problem, found.phase(enabled=True)) == (True, True, "", "Running")


@pytest.mark.parametrize("field", ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"])
def test_every_count_of_the_deployment_must_be_one(field: str) -> None:
    """With the strategy Recreate, the pod of the previous version is ready while `updatedReplicas` is 0."""
    for value in (0, 2):
        found = seen(deployment(NODE, {**READY, field: value}), pod(NODE))
        assert not found.settled
        assert found.phase(enabled=True) == "Initializing"


def test_a_change_that_the_cluster_has_not_processed_is_not_done() -> None:
    found = seen(deployment(NODE, generation=2), pod(NODE))
    assert not found.settled
    assert "not processed" in found.problem


@pytest.mark.parametrize("pods", [(), (pod(NODE, ready=False),), (pod(NODE, deletionTimestamp=MARKED),)])
def test_a_node_without_a_ready_pod_does_not_run_whatever_its_deployment_counts(pods: tuple[dict[str, Any]]) -> None:
    assert not seen(deployment(NODE), *pods).settled


def test_a_node_with_two_pods_has_not_settled() -> None:
    assert not seen(deployment(NODE), pod(NODE), pod(NODE)).settled


def test_a_disabled_node_is_stopped_without_pods() -> None:
    found = seen(deployment(NODE, STOPPED, replicas=0), enabled=False)
    assert (found.settled, found.running, found.phase(enabled=False)) == (True, False, "Stopped")


@pytest.mark.parametrize(
    ("status", "pods"),
    [
        (STOPPED, (pod(NODE, deletionTimestamp=MARKED),)),
        (STOPPED, (pod(NODE),)),
        ({**STOPPED, "replicas": 1}, ()),
    ],
)
def test_a_disabled_node_with_a_pod_is_not_stopped(status: dict[str, Any], pods: tuple[dict[str, Any]]) -> None:
    found = seen(deployment(NODE, status, replicas=0), *pods, enabled=False)
    assert not found.settled
    assert found.problem
    assert found.phase(enabled=False) == "Initializing"


def test_a_missing_deployment_is_named_and_waiting_does_not_help() -> None:
    found = seen(None)
    assert found.problem == "Deployment c-1 is missing"
    assert found.hopeless
    assert found.phase(enabled=True) == "Failed"


def test_a_deployment_that_is_being_deleted_is_named() -> None:
    found = seen(deployment(NODE, deletionTimestamp=MARKED), pod(NODE))
    assert (found.problem, found.settled, found.hopeless) == ("Deployment c-1 is being deleted", False, False)


@pytest.mark.parametrize(("enabled", "replicas", "wanted"), [(True, 0, 1), (True, 2, 1), (False, 1, 0)])
def test_replicas_of_another_client_are_named(enabled: bool, replicas: int, wanted: int) -> None:
    found = seen(deployment(NODE, replicas=replicas), enabled=enabled)
    assert (found.replicas, found.settled, found.hopeless) == (wanted, False, False)
    assert found.problem.endswith(f"replicas of Deployment c-1 from {wanted} to {replicas}")


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (
            waiting("ImagePullBackOff", 'Back-off pulling image "hoprd:broken-9"'),
            'container hoprd: ImagePullBackOff: Back-off pulling image "hoprd:broken-9"',
        ),
        (
            waiting("CreateContainerConfigError", "secret not found"),
            "container hoprd: CreateContainerConfigError: secret not found",
        ),
        (
            waiting(
                "CrashLoopBackOff",
                "back-off 40s",
                restartCount=3,
                lastState={"terminated": {"exitCode": 9, "reason": "OOM"}},
            ),
            "container hoprd: CrashLoopBackOff: back-off 40s (restarted 3 times; it last ended with exit code 9, OOM)",
        ),
        (
            {
                "phase": "Running",
                "initContainerStatuses": [
                    {"name": "init", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}},
                ],
            },
            "container init ended: Error, exit code 1",
        ),
        ({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}, "Evicted: low on memory"),
    ],
)
def test_a_pod_that_fails_is_named_with_its_reason(status: dict[str, Any], problem: str) -> None:
    found = seen(deployment(NODE, UNAVAILABLE), pod(NODE, status))
    assert found.problem == f"pod c-1-pod: {problem}"
    assert (found.fails, found.hopeless, found.phase(enabled=True)) == (True, False, "Failed")


def test_an_unschedulable_pod_is_named_and_still_starting() -> None:
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes: no memory",
    }
    found = seen(deployment(NODE, UNAVAILABLE), pod(NODE, {"phase": "Pending", "conditions": [condition]}))
    assert found.problem == "pod c-1-pod: Unschedulable: 0/3 nodes: no memory"
    assert found.phase(enabled=True) == "Initializing"


@pytest.mark.parametrize(
    "message",
    [
        'pods "c-1-x" is forbidden: exceeded quota: small',
        'pods "c-1-x" is forbidden: violates PodSecurity "restricted"',
    ],
)
def test_a_pod_that_may_not_be_created_is_named_with_the_rule(message: str) -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    found = seen(deployment(NODE, {"observedGeneration": 1, "conditions": [condition]}))
    assert found.problem == f"Deployment c-1 cannot create its pod: FailedCreate: {message}"
    assert found.phase(enabled=True) == "Failed"


def test_a_volume_that_cannot_be_mounted_is_known_from_the_latest_event() -> None:
    events = (
        {"reason": "FailedMount", "message": "secret missing", "lastTimestamp": "2026-01-01T00:00:02Z"},
        {"reason": "FailedScheduling", "message": "old", "lastTimestamp": "2026-01-01T00:00:01Z"},
    )
    creating = pod(NODE, waiting("ContainerCreating"))
    found = view(
        NODE, enabled=True, deployment=deployment(NODE, UNAVAILABLE), pods=(creating,), events={"c-1-pod": events}
    )
    assert found.problem == "pod c-1-pod: FailedMount: secret missing"
    assert not found.fails


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_pod_that_starts_has_not_failed(reason: str) -> None:
    found = seen(deployment(NODE, UNAVAILABLE), pod(NODE, waiting(reason)))
    assert found.problem == "pod c-1-pod: not ready yet (hoprd)"
    assert found.phase(enabled=True) == "Initializing"


def test_a_pod_that_runs_again_after_a_crash_is_named_and_not_failed() -> None:
    container = {
        "name": "hoprd",
        "ready": False,
        "restartCount": 2,
        "state": {"running": {}},
        "lastState": {"terminated": {"exitCode": 1}},
    }
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [container],
    }
    found = seen(deployment(NODE, UNAVAILABLE), pod(NODE, status))
    assert found.problem == (
        "pod c-1-pod: container hoprd runs again and is not ready (restarted 2 times; it last ended with exit code 1, "
        "no reason)"
    )
    assert not found.fails


def test_a_pod_of_the_previous_version_is_named_while_it_stops() -> None:
    found = seen(deployment(NODE, {"observedGeneration": 1}), pod(NODE, deletionTimestamp=MARKED))
    assert found.problem == "pod c-1-pod of the previous version still stops"
    assert seen(deployment(NODE, {"observedGeneration": 1})).problem == "Deployment c-1 has no pod yet"


def test_a_long_message_is_cut_and_on_one_line() -> None:
    found = seen(deployment(NODE, UNAVAILABLE), pod(NODE, waiting("ErrImagePull", "a\nb " * 500)))
    assert "\n" not in found.problem
    assert len(found.problem) < 400
