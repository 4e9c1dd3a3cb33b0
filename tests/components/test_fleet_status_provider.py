"""The providers of the three resources: what they compare, read, write and tell."""

from dataclasses import asdict
from typing import Any

import pytest

from components.cluster.collections import CLAIM, DEPLOYMENT
from components.manifests import names
from components.status.observe import absent
from components.status.presence import key_of, next_tokens, trigger
from components.status.provider import FleetFinalizersProvider, FleetStatusProvider, PresenceProvider
from identity.cluster.api import FORBIDDEN, ClusterRefused
from identity.errors import NoUsableContext
from summary.recorded import RecordedObject
from testkit.status.api import NAMESPACE, StatusApi, path, status_api
from testkit.status.objects import STAMP, fleet, settled, unwritten

PLACE = {"context": None, "namespace": NAMESPACE}
NODE = names.NODE_KIND


def provider(kind: type[Any], cluster: type[StatusApi]) -> Any:
    return type("Provider", (kind,), {"connect": cluster})()


def props(nodes: int = 2, **node: Any) -> dict[str, Any]:
    present = [f"c-{number}" for number in range(1, nodes + 1)]
    return {
        **PLACE,
        "timeoutS": 5,
        "pools": {"p": {"identities": ["p-1", "p-2", "p-3"], "usable": 3.0, "stamp": STAMP}},
        "clusters": {"c": {"nodes": present, "enabled": True, "stamp": STAMP}},
        "nodes": {
            name: {"identity": f"p-{name[2:]}", "enabled": True, "digest": "d", "stamp": STAMP, **node}
            for name in present
        },
    }


@pytest.fixture
def cluster() -> type[StatusApi]:
    return status_api(settled(fleet()))


@pytest.fixture
def status(cluster: type[StatusApi]) -> Any:
    return provider(FleetStatusProvider, cluster)


def test_create_writes_and_a_diff_or_refresh_right_after_it_shows_no_change(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = status_api(unwritten(fleet()))
    status = provider(FleetStatusProvider, cluster)
    created = status.create(props())
    assert created.outs["statuses"][NODE] == {
        "c-1": {"phase": "Running", "identityName": "p-1"},
        "c-2": {"phase": "Running", "identityName": "p-2"},
    }
    cluster.writes.clear()
    assert not status.diff("", created.outs, props()).changes
    assert status.read("", created.outs).outs == created.outs
    status.delete("", created.outs)
    assert cluster.writes == []
    assert capsys.readouterr().err == ""


def test_a_preview_tells_what_is_wrong_and_writes_nothing(
    status: Any, cluster: type[StatusApi], capsys: pytest.CaptureFixture[str]
) -> None:
    del cluster.objects[path(DEPLOYMENT, "c-2")]
    assert status.diff("", props(), props()).changes
    assert "node c-2 is not ready: Deployment c-2 is missing" in capsys.readouterr().err
    assert cluster.writes == []


@pytest.mark.parametrize(
    "change", [{"digest": "e"}, {"digest": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, {"enabled": False}]
)
def test_a_change_of_a_node_is_a_change_of_the_status_and_no_drift(
    change: dict[str, Any], status: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status.diff("", props(), props(**change)).changes
    assert capsys.readouterr().err == ""


def test_new_nodes_are_not_told_as_missing(status: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.diff("", props(2), props(3)).changes
    assert status.diff("", props(3), props(2)).changes
    assert capsys.readouterr().err == ""


def test_drift_is_told_beside_a_change(
    status: Any, cluster: type[StatusApi], capsys: pytest.CaptureFixture[str]
) -> None:
    del cluster.objects[path(DEPLOYMENT, "c-2")]
    assert status.diff("", props(2), props(3)).changes
    assert "Deployment c-2 is missing" in capsys.readouterr().err


def test_another_timeout_changes_nothing(status: Any) -> None:
    assert not status.diff("", props(), {**props(), "timeoutS": 99}).changes


def test_finalizers_are_removed_on_deletion_and_from_removed_resources_alone(cluster: type[StatusApi]) -> None:
    finalizers = provider(FleetFinalizersProvider, cluster)
    before = {**PLACE, "resources": {NODE: ["c-1", "c-2"], names.POOL_KIND: ["p"]}}
    after = {**PLACE, "resources": {NODE: ["c-1"], names.POOL_KIND: ["p"]}}
    finalizers.create(before)
    assert not finalizers.diff("", before, before).changes
    assert finalizers.diff("", before, after).changes
    assert cluster.writes == []
    finalizers.update("", before, after)
    assert cluster.writes == ["c-2"]
    finalizers.delete("", after)
    assert sorted(cluster.writes) == ["c-1", "c-2", "p"]
    cluster.objects.clear()
    finalizers.delete("", after)


def test_in_another_namespace_every_finalizer_of_the_old_one_is_removed(cluster: type[StatusApi]) -> None:
    finalizers = provider(FleetFinalizersProvider, cluster)
    before = {**PLACE, "resources": {NODE: ["c-1", "c-2"]}}
    finalizers.update("", before, {**before, "namespace": "new"})
    assert sorted(cluster.writes) == ["c-1", "c-2"]


def recorded(kind: str, name: str, uid: str = "u") -> RecordedObject:
    return RecordedObject(kind, NAMESPACE, name, uid, f"{name}-{kind.lower()}")


def test_a_missing_object_gets_the_next_token_and_others_keep_their_own() -> None:
    a, b, secret = recorded(DEPLOYMENT, "a"), recorded(DEPLOYMENT, "b"), recorded("Secret", "s")
    before = {"a": "5", "b": "4", "removed": "1"}
    first = next_tokens([a, b, secret], before, [b, secret])
    assert first == {"a": "5", "b": "u#1", "Secret/s-secret": "u#1"}
    assert next_tokens([a, b, secret], first, [secret])["Secret/s-secret"] == "u#2"
    created = [a, recorded(DEPLOYMENT, "b", "v"), recorded("Secret", "s", "w")]
    assert next_tokens(created, first, []) == first
    assert next_tokens(created, first, created[1:2])["b"] == "v#1"


def test_an_object_that_came_back_without_the_run_that_should_have_created_it_has_no_trigger() -> None:
    """The state still has the old uid, so a trigger would delete the new object: a volume from a backup."""
    claim = recorded(CLAIM, "c")
    key = key_of(CLAIM, "c-persistentvolumeclaim")
    failed = next_tokens([claim], {}, [claim])
    restored = next_tokens([claim], failed, [])
    assert trigger(failed, key) == "u#1"
    assert trigger(restored, key) is None
    assert trigger(next_tokens([claim], restored, []), key) == "0"


def test_presence_reads_the_cluster_and_writes_nothing(
    cluster: type[StatusApi], capsys: pytest.CaptureFixture[str]
) -> None:
    presence = provider(PresenceProvider, cluster)
    objects = [recorded(DEPLOYMENT, "c-1"), recorded(DEPLOYMENT, "c-2"), recorded(CLAIM, "absent")]
    inputs = {**PLACE, "objects": [asdict(one) for one in objects[:2]]}
    first = presence.check({}, inputs).inputs
    assert first == {**PLACE, "tokens": {}}
    assert capsys.readouterr().err == ""
    del cluster.objects[path(DEPLOYMENT, "c-2")]
    second = presence.check(first, {**PLACE, "objects": [asdict(one) for one in objects]}).inputs
    assert second["tokens"] == {"c-2": "u#1", "PersistentVolumeClaim/absent-persistentvolumeclaim": "u#1"}
    shown = capsys.readouterr().err
    assert "creates them again: Deployment c-2, PersistentVolumeClaim absent. The databases of absent start" in shown
    assert presence.diff("", first, second).changes
    assert not presence.diff("", second, second).changes
    assert cluster.writes == []


def test_an_object_whose_kind_is_unknown_or_may_not_be_listed_is_not_missed(cluster: type[StatusApi]) -> None:
    class Limited(cluster):  # type: ignore[valid-type, misc]
        def find(self, path: str) -> Any:
            if path == "/api/v1/namespaces":
                raise ClusterRefused(FORBIDDEN, "the kubeconfig's user lacks a permission")
            return None if "servicemonitors" in path else super().find(path)

    objects = [recorded("ServiceMonitor", "p"), recorded("Secret", "s"), recorded("Namespace", NAMESPACE)]
    assert absent(Limited(None), objects) == objects[1:2]


def test_presence_needs_no_cluster_for_a_new_stack() -> None:
    class Unreachable(StatusApi):
        def __enter__(self) -> Any:
            raise AssertionError("the preview of a new stack must not need the cluster")

    presence = provider(PresenceProvider, Unreachable)
    assert presence.check({}, {**PLACE, "objects": []}).inputs["tokens"] == {}


def test_a_context_that_has_got_another_name_keeps_the_finalizers(cluster: type[StatusApi]) -> None:
    class Renamed(cluster):  # type: ignore[valid-type, misc]
        def __init__(self, context: str | None) -> None:
            if context == "old":
                raise NoUsableContext("the kubeconfig has no usable context 'old'")

    finalizers = provider(FleetFinalizersProvider, Renamed)
    before = {"context": "old", "namespace": NAMESPACE, "resources": {NODE: ["c-1", "c-2"]}}
    after = {"context": "new", "namespace": NAMESPACE, "resources": {NODE: ["c-1"]}}
    finalizers.update("", before, after)
    assert cluster.writes == ["c-2"]
