"""The allocation as a resource: `check` keeps assignments and avoids the ports of other tenants."""

from collections.abc import Mapping
from typing import Any

import pytest

from config.cluster_names import STACK_ANNOTATION
from testkit.components.allocations import check, inputs
from testkit.components.fake_cluster import (
    INGRESS,
    PORT_MAPS,
    FakeCluster,
    allocation_provider,
    fake_cluster,
    made,
    namespace,
)

OTHER = {"9000": "other/web:80"}


def problems(olds: dict[str, Any], news: dict[str, Any], cluster: type[FakeCluster]) -> list[str]:
    return [failure.reason for failure in allocation_provider(cluster).check(olds, news).failures]


def first_ports(stored: Mapping[str, Any]) -> list[int]:
    return [assignment["first_port"] for assignment in stored["assignments"].values()]


def entries(*nodes: tuple[str, int]) -> dict[str, str]:
    return {str(port): f"rotsee/{node}:{port}" for node, first in nodes for port in (first, first + 1)}


def live(cluster: type[FakeCluster]) -> list[dict[str, str]]:
    """The entries of both maps."""
    return [cluster.objects[f"/api/v1/namespaces/{INGRESS}/configmaps/{name}"]["data"] for name in PORT_MAPS]


def deployed(cluster: type[FakeCluster], nodes: list[str]) -> dict[str, Any]:
    """The state after a first `up`."""
    stored: dict[str, Any] = allocation_provider(cluster).create(check({}, inputs(nodes), cluster)).outs or {}
    return stored


def test_only_the_assignments_and_the_claim_are_stored() -> None:
    stored = check({}, inputs(["a-1"]), fake_cluster(OTHER, {}))
    assert stored.keys() == {"assignments", "place", "stacks", "namespaces"}
    assert stored["assignments"] == {"a-1": {"pool": "core", "identity": "core-1", "first_port": 9001, "ports": 2}}
    assert stored["stacks"] == ["hoprd/rotsee"]
    assert stored["namespaces"]["rotsee"]["created"]


def test_ports_of_other_tenants_in_both_maps_are_avoided() -> None:
    cluster = fake_cluster(OTHER, {"9003": "other/dns:53", "9004": "rotsee/unmanaged:9004"})
    assert first_ports(check({}, inputs(["a-1", "a-2"]), cluster)) == [9001, 9005]


def test_own_entries_are_not_foreign_and_later_foreign_entries_move_nothing() -> None:
    cluster = fake_cluster()
    stored = deployed(cluster, ["a-1"])
    live(cluster)[0]["9002"] = "other/web:80"
    again = check(stored, inputs(["a-1"]), cluster)
    assert again == stored
    assert not allocation_provider(cluster).diff("allocation", stored, again).changes


def test_entries_of_a_removed_node_are_avoided() -> None:
    cluster = fake_cluster(entries(("a-1", 9000)), {})
    removed = check(deployed(fake_cluster(), ["a-1"]), inputs([]))
    assert check(removed, inputs(["b-1"]), cluster)["assignments"]["b-1"]["first_port"] == 9002


def test_numbers_that_pulumi_returns_as_floats_are_not_a_change() -> None:
    cluster = fake_cluster()
    stored = deployed(cluster, ["a-1"])
    provider = allocation_provider(cluster)
    as_floats = {
        **stored,
        "assignments": {
            node: {key: float(value) if isinstance(value, int) else value for key, value in has.items()}
            for node, has in stored["assignments"].items()
        },
    }
    assert not provider.diff("allocation", as_floats, check(as_floats, inputs(["a-1"]), cluster)).changes
    assert provider.diff("allocation", as_floats, check(as_floats, inputs(["a-1", "a-2"]), cluster)).changes


def test_a_preview_without_a_cluster_has_the_assignments_and_an_update_does_not_start() -> None:
    cluster = fake_cluster(reachable=False)
    preview = {**inputs(["a-1"]), "preview": True}
    assert first_ports(check({}, preview, cluster)) == [9000]
    (problem,) = problems({}, inputs(["a-1"]), cluster)
    assert "does not respond" in problem


def test_each_problem_is_a_check_failure() -> None:
    result = allocation_provider(fake_cluster()).check({}, inputs([f"a-{n}" for n in range(1, 7)]))
    assert [failure.property for failure in result.failures] == ["", ""]
    assert "pool core has 3 identities, 3 too few" in result.failures[0].reason
    assert "raise the maximum by 2" in result.failures[1].reason


def test_create_and_update_publish_and_return_the_checked_inputs() -> None:
    cluster = fake_cluster(OTHER, OTHER)
    stored = deployed(cluster, ["a-1"])
    assert live(cluster) == [{**OTHER, **entries(("a-1", 9001))}] * 2
    provider = allocation_provider(cluster)
    assert provider.read("allocation", stored).outs == stored
    more = check(stored, inputs(["a-1", "a-2"]), cluster)
    assert provider.update("allocation", stored, more).outs == more
    fewer = check(more, inputs(["a-2"]), cluster)
    provider.update("allocation", more, fewer)
    assert live(cluster) == [{**OTHER, **entries(("a-2", 9003))}] * 2


def test_entries_that_a_chart_reset_or_a_person_changed_are_seen_and_put_back() -> None:
    cluster = fake_cluster(OTHER, OTHER)
    stored = deployed(cluster, ["a-1"])
    expected = live(cluster)[0].copy()
    provider = allocation_provider(cluster)
    for change in ({"9001": None, "9002": None}, {"9001": "rotsee/a-1:1"}, {"9002": "rotsee/gone:9002"}):
        for port, target in change.items():
            live(cluster)[1].pop(port) if target is None else live(cluster)[1].update({port: target})
        checked = check(stored, inputs(["a-1"]), cluster)
        assert checked == stored
        assert provider.diff("allocation", stored, checked).changes
        provider.update("allocation", stored, checked)
        assert live(cluster) == [expected] * 2
        assert not provider.diff("allocation", stored, checked).changes


def test_a_published_port_that_leads_to_somebody_else_is_named_and_nothing_is_changed() -> None:
    cluster = fake_cluster()
    stored = deployed(cluster, ["a-1"])
    live(cluster)[0]["9001"] = "other/web:80"
    (problem,) = problems(stored, inputs(["a-1"]), cluster)
    assert problem.startswith("node a-1: port 9001 in port map ingress-nginx/ingress-nginx-tcp leads to other/web:80")
    assert "remove these entries to give the ports back" in problem


def test_of_two_stacks_with_the_same_ports_the_second_names_the_first_and_then_takes_others() -> None:
    cluster = fake_cluster()
    late = check({}, inputs(["b-1"], stack="hoprd/late", place={"namespace": "late"}), cluster)
    deployed(cluster, ["a-1"])
    provider = allocation_provider(cluster)
    before = [entry.copy() for entry in live(cluster)]
    with pytest.raises(Exception, match=r"port 9000 in port map .* leads to rotsee/a-1:9000, set by hoprd/rotsee"):
        provider.create(late)
    assert live(cluster) == before
    again = check({}, inputs(["b-1"], stack="hoprd/late", place={"namespace": "late"}), cluster)
    provider.create(again)
    assert first_ports(again) == [9002]
    assert live(cluster)[0].keys() == {"9000", "9001", "9002", "9003"}


def test_in_another_namespace_the_entries_move_and_those_of_others_stay() -> None:
    cluster = fake_cluster(OTHER, OTHER)
    stored = deployed(cluster, ["a-1"])
    there = {"namespace": "elsewhere"}
    moved = check(stored, inputs(["a-1"], place=there), cluster)
    assert first_ports(moved) == first_ports(stored)
    allocation_provider(cluster).update("allocation", stored, moved)
    expected = {**OTHER, **{str(port): f"elsewhere/a-1:{port}" for port in (9001, 9002)}}
    assert live(cluster) == [expected] * 2
    back = check(moved, inputs(["a-1"]), cluster)
    allocation_provider(cluster).update("allocation", moved, back)
    assert live(cluster) == [{**OTHER, **entries(("a-1", 9001))}] * 2


def test_an_entry_of_others_in_the_former_namespace_is_not_taken_over() -> None:
    cluster = fake_cluster()
    stored = deployed(cluster, ["a-1"])
    port_map = cluster.objects[f"/api/v1/namespaces/{INGRESS}/configmaps/{PORT_MAPS[0]}"]
    for entry in port_map["metadata"]["managedFields"]:
        entry["manager"] = "kubectl"
    port_map["data"]["9000"] = "rotsee/theirs:9000"
    (problem,) = problems(stored, inputs(["a-1"], place={"namespace": "elsewhere"}), cluster)
    assert "port 9000 in port map ingress-nginx/ingress-nginx-tcp leads to rotsee/theirs:9000" in problem


def test_a_node_of_an_earlier_release_whose_ports_another_stack_has_gets_others() -> None:
    stored = {"assignments": check({}, inputs(["a-1", "a-2"]))["assignments"]}
    cluster = fake_cluster({"9000": "other/b-1:9000"}, {})
    moved = check(stored, inputs(["a-1", "a-2"]), cluster)["assignments"]
    assert moved["a-2"] == stored["assignments"]["a-2"]
    assert moved["a-1"]["first_port"] == 9004


def test_delete_withdraws_only_what_still_leads_to_the_stacks_nodes() -> None:
    cluster = fake_cluster(OTHER, OTHER)
    stored = deployed(cluster, ["a-1"])
    live(cluster)[0]["9001"] = "other/new:9001"
    allocation_provider(cluster).delete("allocation", stored)
    assert live(cluster) == [{**OTHER, "9001": "other/new:9001"}, OTHER]


def test_a_missing_port_map_is_reported_and_a_delete_does_not_make_it() -> None:
    cluster = fake_cluster()
    stored = deployed(cluster, ["a-1"])
    cluster.objects.clear()
    (problem,) = problems(stored, inputs(["a-1"]), cluster)
    assert "there is no ConfigMap ingress-nginx-tcp in namespace ingress-nginx: install the ingress" in problem
    allocation_provider(cluster).delete("allocation", stored)
    assert cluster.objects == {}


def test_the_state_of_an_earlier_release_is_deleted_without_the_cluster() -> None:
    stored = {"assignments": check({}, inputs(["a-1"]))["assignments"]}
    allocation_provider(fake_cluster(reachable=False)).delete("allocation", stored)


def test_the_namespace_is_removed_only_if_the_stack_created_it_and_it_is_empty() -> None:
    for content, existed, stays in (
        ({}, False, False),
        ({}, True, True),
        ({"/api/v1/namespaces/rotsee/secrets/theirs": made("theirs")}, False, True),
        ({"/api/v1/namespaces/rotsee/secrets/a-1-tls": made("a-1-tls")}, False, False),
        ({"/api/v1/namespaces/rotsee/persistentvolumeclaims/core-1": made("core-1")}, False, True),
    ):
        kinds = [
            {"kind": kind, "name": plural, "namespaced": True, "verbs": ["list", "delete"]}
            for kind, plural in (("Secret", "secrets"), ("PersistentVolumeClaim", "persistentvolumeclaims"))
        ]
        cluster = fake_cluster(objects={"/api/v1": {"resources": kinds}, **(namespace("rotsee") if existed else {})})
        stored = deployed(cluster, ["a-1"])
        assert stored["namespaces"]["rotsee"]["created"] is not existed
        if not existed:
            cluster.objects.update(namespace("rotsee", annotations={STACK_ANNOTATION: "hoprd/rotsee"}))
        cluster.objects.update(content)
        allocation_provider(cluster).delete("allocation", stored)
        assert ("/api/v1/namespaces/rotsee" in cluster.objects) is stays, (content, existed)
