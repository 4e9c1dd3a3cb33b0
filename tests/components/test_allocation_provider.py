"""The allocation as a resource: `check` keeps assignments and avoids the ports of other tenants."""

from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from components.allocation_provider import AllocationProvider

PROVIDER = AllocationProvider()


def inputs(nodes: list[str], live: Any = ({}, {})) -> dict[str, Any]:
    return {
        "wishes": {node: {"pool": "core", "ports": 2.0} for node in nodes},
        "pools": {"core": ["core-1", "core-2", "core-3"]},
        "retired": [],
        "firstPort": 9000.0,
        "lastPort": 9009.0,
        "namespace": "rotsee",
        "livePortMaps": list(live) if isinstance(live, tuple) else live,
    }


def check(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    result = PROVIDER.check(olds, news)
    assert result.failures == []
    return result.inputs


def test_only_the_assignments_are_stored() -> None:
    stored = check({}, inputs(["a-1"], ({"9000": "other/web:80"}, {})))
    assert stored == {"assignments": {"a-1": {"pool": "core", "identity": "core-1", "first_port": 9001, "ports": 2}}}


def test_ports_of_other_tenants_in_both_maps_are_avoided() -> None:
    live = ({"9000": "other/web:80"}, {"9003": "other/dns:53", "9004": "rotsee/unmanaged:9004"})
    stored = check({}, inputs(["a-1", "a-2"], live))
    assert [has["first_port"] for has in stored["assignments"].values()] == [9001, 9005]


def test_own_entries_are_not_foreign_and_later_foreign_entries_move_nothing() -> None:
    stored = check({}, inputs(["a-1"]))
    live = {"9000": "rotsee/a-1:9000", "9001": "rotsee/a-1:9001", "9002": "other/web:80"}
    again = check(stored, inputs(["a-1"], (live, live)))
    assert again == stored
    assert not PROVIDER.diff("allocation", stored, again).changes


def test_entries_of_a_removed_node_are_avoided() -> None:
    stored = check({}, inputs(["a-1"]))
    removed = check(stored, inputs([]))
    live = {"9000": "rotsee/a-1:9000", "9001": "rotsee/a-1:9001"}
    assert check(removed, inputs(["b-1"], (live, {})))["assignments"]["b-1"]["first_port"] == 9002


def test_numbers_that_pulumi_returns_as_floats_are_not_a_change() -> None:
    stored = check({}, inputs(["a-1"]))
    as_floats = {
        "assignments": {
            node: {key: float(value) if isinstance(value, int) else value for key, value in has.items()}
            for node, has in stored["assignments"].items()
        }
    }
    assert not PROVIDER.diff("allocation", as_floats, check(as_floats, inputs(["a-1"]))).changes
    assert PROVIDER.diff("allocation", as_floats, check(as_floats, inputs(["a-1", "a-2"]))).changes


def test_a_preview_without_a_cluster_has_the_assignments() -> None:
    for live in (UNKNOWN, [UNKNOWN, None]):
        assert check({}, inputs(["a-1"], live))["assignments"]["a-1"]["first_port"] == 9000


def test_each_problem_is_a_check_failure() -> None:
    result = PROVIDER.check({}, inputs(["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"]))
    assert [failure.property for failure in result.failures] == ["", ""]
    assert "pool core has 3 identities, 3 too few" in result.failures[0].reason
    assert "raise the maximum by 2" in result.failures[1].reason


def test_create_update_and_read_return_the_checked_inputs() -> None:
    stored = check({}, inputs(["a-1"]))
    created = PROVIDER.create(stored)
    assert created.outs == stored
    assert PROVIDER.read(created.id, stored).outs == stored
    more = check(stored, inputs(["a-1", "a-2"]))
    assert PROVIDER.update(created.id, stored, more).outs == more
