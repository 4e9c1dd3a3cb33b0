"""Waiting for all nodes at once: what is written meanwhile, what is reported, how it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from components.cluster.collections import DEPLOYMENT, POD
from components.manifests import names
from components.status.apply import release
from components.status.settle import Clock, NodesNotReady, Place, settle
from testkit.status.api import NAMESPACE, StatusApi, path, status_api
from testkit.status.objects import UNAVAILABLE, deployment, fleet, pod, settled, unwritten, waiting

NODE, IDENTITY = names.NODE_KIND, names.IDENTITY_KIND


@dataclass
class Script:
    """A clock whose time passes only in pauses, and what happens after a number of pauses."""

    happens: dict[int, Callable[[], None]] = field(default_factory=dict)
    now: float = 0.0
    pauses: int = 0

    def sleep(self, seconds: float) -> None:
        self.pauses += 1
        self.now += max(seconds, 1.0)
        self.happens.get(self.pauses, lambda: None)()

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


def wait(
    cluster: type[StatusApi], script: Script | None = None, *, desired: Any = None, timeout_s: float = 10
) -> list[str]:
    reported: list[str] = []
    with cluster(None) as api:
        settle(Place(api, NAMESPACE), desired or fleet(), timeout_s, reported.append, (script or Script()).clock)
    return reported


def status(cluster: type[StatusApi], kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = cluster.objects[path(kind, name)].get("status") or {}
    return found


def break_node(cluster: type[StatusApi], node: str = "c-1") -> None:
    cluster.objects[path(DEPLOYMENT, node)].update(deployment(node, UNAVAILABLE))
    cluster.objects[path(POD, f"{node}-pod")].update(pod(node, waiting("ImagePullBackOff", "no such image")))


def heal(cluster: type[StatusApi], node: str = "c-1") -> Callable[[], None]:
    def do() -> None:
        cluster.objects[path(DEPLOYMENT, node)].update(deployment(node))
        cluster.objects[path(POD, f"{node}-pod")].update(pod(node))

    return do


def test_a_fleet_that_is_ready_gets_its_statuses_at_once() -> None:
    cluster = status_api(unwritten(fleet()))
    script = Script()
    assert wait(cluster, script) == []
    assert script.pauses == 0
    assert sorted(cluster.writes) == ["c", "c-1", "c-2", "p", "p-1", "p-2", "p-3"]
    assert status(cluster, NODE, "c-1")["phase"] == "Running"
    assert all(
        one["metadata"]["finalizers"] == [names.FINALIZER]
        for one in cluster.objects.values()
        if "managedFields" in one["metadata"]
    )


def test_a_settled_fleet_is_written_once() -> None:
    cluster = status_api(unwritten(fleet()))
    wait(cluster)
    cluster.writes.clear()
    wait(cluster)
    assert cluster.writes == []


def test_statuses_follow_the_nodes_while_it_waits() -> None:
    cluster = status_api(settled(fleet()))
    break_node(cluster)
    seen: list[str] = []
    script = Script({1: lambda: seen.append(status(cluster, NODE, "c-1")["phase"]), 3: heal(cluster)})
    wait(cluster, script)
    assert seen == ["Failed"]
    assert status(cluster, NODE, "c-1")["phase"] == "Running"
    assert status(cluster, names.CLUSTER_KIND, "c")["currentNodes"] == 2
    assert "c-2" not in cluster.writes, "the status of the other node has not changed"


def test_progress_names_what_it_waits_for_and_is_not_repeated() -> None:
    cluster = status_api(settled(fleet()))
    break_node(cluster)
    reported = wait(cluster, Script({30: heal(cluster)}), timeout_s=100)
    assert reported == [
        "1 of 2 nodes are as they should be; waiting for c-1 (pod c-1-pod: container hoprd: ImagePullBackOff: no such "
        "image)"
    ]


def test_after_the_timeout_every_status_is_true_and_the_error_names_node_pod_and_reason() -> None:
    cluster = status_api(settled(fleet()))
    break_node(cluster)
    with pytest.raises(NodesNotReady) as caught:
        wait(cluster)
    assert str(caught.value) == (
        "1 of 2 nodes are not ready after 10 s (platform.deploymentTimeoutS):\n"
        "  c-1: pod c-1-pod: container hoprd: ImagePullBackOff: no such image\n"
        "The status of each custom resource says so. Correct the cause, then run `pulumi up` again."
    )
    assert (status(cluster, NODE, "c-1")["phase"], status(cluster, NODE, "c-2")["phase"]) == ("Failed", "Running")
    assert status(cluster, names.CLUSTER_KIND, "c")["currentNodes"] == 1


def test_a_missing_deployment_ends_the_wait_at_once() -> None:
    cluster = status_api(settled(fleet()))
    del cluster.objects[path(DEPLOYMENT, "c-2")]
    script = Script()
    with pytest.raises(NodesNotReady, match="1 of 2 nodes are not ready:\n  c-2: Deployment c-2 is missing"):
        wait(cluster, script, timeout_s=1000)
    assert script.pauses == 0


def test_a_node_that_may_become_ready_is_awaited_although_another_cannot() -> None:
    cluster = status_api(settled(fleet()))
    del cluster.objects[path(DEPLOYMENT, "c-2")]
    break_node(cluster)
    script = Script({2: heal(cluster)})
    with pytest.raises(NodesNotReady, match="1 of 2 nodes are not ready:\n  c-2: Deployment c-2 is missing"):
        wait(cluster, script, timeout_s=1000)
    assert script.pauses == 2


def test_a_missing_custom_resource_is_an_error_and_is_never_created() -> None:
    cluster = status_api(settled(fleet()))
    del cluster.objects[path(IDENTITY, "p-3")]
    with pytest.raises(NodesNotReady, match="IdentityHoprd p-3 is missing"):
        wait(cluster)
    assert path(IDENTITY, "p-3") not in cluster.objects


def test_an_object_that_is_replaced_after_the_look_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server compares the uid; the next look sees the new object."""
    cluster = status_api(unwritten(fleet()))
    apply = cluster.apply
    once: list[str] = []

    def replaced_before(api: StatusApi, where: str, obj: Any, manager: str) -> Any:
        if where == path(NODE, "c-1") and not once:
            once.append(where)
            cluster.objects[where]["metadata"]["uid"] = "another"
        return apply(api, where, obj, manager)

    monkeypatch.setattr(cluster, "apply", replaced_before)
    wait(cluster)
    assert status(cluster, NODE, "c-1") == {}
    assert status(cluster, NODE, "c-2")["phase"] == "Running"
    wait(cluster)
    assert status(cluster, NODE, "c-1")["phase"] == "Running"


def test_fields_that_another_client_has_set_are_removed() -> None:
    cluster = status_api(settled(fleet()))
    cluster.objects[path(IDENTITY, "p-3")]["status"]["hoprdNodeName"] = "c-9"
    wait(cluster)
    assert status(cluster, IDENTITY, "p-3") == {"phase": "Ready"}


def test_release_removes_our_finalizer_alone_and_skips_what_is_gone() -> None:
    cluster = status_api(settled(fleet()))
    cluster.objects[path(NODE, "c-1")]["metadata"]["finalizers"].append("other.org/keep")
    del cluster.objects[path(NODE, "c-2")]
    with cluster(None) as api:
        release(api, NAMESPACE, {NODE: ["c-1", "c-2"], IDENTITY: ["p-1"]})
        release(api, NAMESPACE, {NODE: ["c-1"]})
    assert cluster.objects[path(NODE, "c-1")]["metadata"]["finalizers"] == ["other.org/keep"]
    assert cluster.objects[path(IDENTITY, "p-1")]["metadata"]["finalizers"] == []
    assert cluster.objects[path(IDENTITY, "p-2")]["metadata"]["finalizers"] == [names.FINALIZER]
    assert sorted(cluster.writes) == ["c-1", "p-1"]


def test_replicas_that_another_client_has_changed_are_changed_back() -> None:
    cluster = status_api(settled(fleet()))
    cluster.objects[path(DEPLOYMENT, "c-1")]["spec"]["replicas"] = 0
    script = Script()
    wait(cluster, script)
    assert cluster.objects[path(DEPLOYMENT, "c-1")]["spec"] == {"replicas": 1}
    assert script.pauses == 1
    assert status(cluster, NODE, "c-1")["phase"] == "Running"
