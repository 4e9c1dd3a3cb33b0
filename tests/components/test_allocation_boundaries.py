"""Allocation at its boundaries: the ends of the range, equal names, nodes without ports, removed nodes."""

import pytest

from components.allocation import AllocationError, AllocationRequest, Assignment, Inventory, allocate

INVENTORY = Inventory({"core": ("core-1", "core-2"), "edge": ("edge-1", "edge-2")}, 9000, 9009)


def any_identity(ports: int, pool: str = "core") -> AllocationRequest:
    return AllocationRequest(pool, None, ports)


def problems(
    requests: dict[str, AllocationRequest], previous: dict[str, Assignment], inventory: Inventory = INVENTORY
) -> list[str]:
    with pytest.raises(AllocationError) as caught:
        allocate(requests, previous, inventory)
    assert str(caught.value) == "; ".join(caught.value.problems)
    return caught.value.problems


# the port range


def test_a_block_may_fill_the_whole_range() -> None:
    assert list(allocate({"a": any_identity(10)}, {}, INVENTORY)["a"].block) == list(range(9000, 9010))


def test_a_block_of_one_port_more_than_the_range_does_not_fit() -> None:
    (problem,) = problems({"a": any_identity(11)}, {})
    assert "9000-9009 has 10 free ports" in problem
    assert "11" in problem


@pytest.mark.parametrize(
    ("foreign_port", "ports", "first_port"), [(8999, 10, 9000), (9000, 9, 9001), (9005, 5, 9000), (9004, 5, 9005)]
)
def test_a_block_starts_at_the_first_port_where_it_fits(foreign_port: int, ports: int, first_port: int) -> None:
    inventory = Inventory(INVENTORY.pools, 9000, 9009, foreign_ports=frozenset({foreign_port, 9010}))
    assert allocate({"a": any_identity(ports)}, {}, inventory)["a"].first_port == first_port


def test_free_ports_are_counted_without_those_of_others() -> None:
    inventory = Inventory(INVENTORY.pools, 9000, 9009, foreign_ports=frozenset({9000, 9009, 9010}))
    (problem,) = problems({"a": any_identity(9)}, {}, inventory)
    assert "has 8 free ports" in problem


@pytest.mark.parametrize(("first_port", "fits"), [(8999, False), (9000, True), (9006, True), (9007, False)])
def test_a_kept_block_must_start_and_end_within_the_range(first_port: int, fits: bool) -> None:
    previous = {"a": Assignment("core", "core-1", first_port, 4)}
    if fits:
        assert allocate({"a": any_identity(4)}, previous, INVENTORY) == previous
    else:
        (problem,) = problems({"a": any_identity(4)}, previous)
        assert f"{first_port}-{first_port + 3}" in problem
        assert "9000-9009" in problem


def test_a_node_without_ports_takes_none_and_its_first_port_is_zero() -> None:
    result = allocate({"a": any_identity(0), "b": any_identity(10)}, {}, INVENTORY)
    assert (result["a"].first_port, result["a"].ports, list(result["a"].block)) == (0, 0, [])
    assert result["b"].first_port == 9000


def test_a_kept_node_without_ports_is_never_outside_the_range() -> None:
    previous = {"a": Assignment("core", "core-1", 0, 0)}
    assert allocate({"a": any_identity(0)}, previous, INVENTORY) == previous


# identities


def test_two_nodes_cannot_name_the_same_identity() -> None:
    named = AllocationRequest("core", "core-1", 1)
    assert problems({"b": named, "a": named}, {}) == ["node b requests identity core-1, which node a uses"]


def test_a_node_may_keep_the_identity_that_it_names() -> None:
    previous = {"a": Assignment("core", "core-2", 9000, 1)}
    assert allocate({"a": AllocationRequest("core", "core-2", 1)}, previous, INVENTORY) == previous


def test_a_pool_that_does_not_exist_has_no_identities() -> None:
    named = AllocationRequest("absent", "absent-1", 1)
    first, second = problems({"a": any_identity(1, "absent"), "b": named}, {})
    assert first == "node b requests identity absent-1, which pool absent does not have"
    assert second == "pool absent has 0 identities, 1 too few"


def test_each_pool_reports_its_own_lack() -> None:
    requests = {f"{pool}-node-{n}": any_identity(1, pool) for pool in ("core", "edge") for n in range(1, 5)}
    assert problems(requests, {}, Inventory(INVENTORY.pools, 9000, 9099)) == [
        "pool core has 2 identities, 2 too few",
        "pool edge has 2 identities, 2 too few",
    ]


# identities and ports of removed nodes


def test_an_identity_of_a_removed_node_is_free_after_this_update() -> None:
    previous = {"old": Assignment("core", "core-1", 9000, 1), "kept": Assignment("core", "core-2", 9001, 1)}
    named = {"kept": any_identity(1), "x": AllocationRequest("core", "core-1", 1)}
    (problem,) = problems(named, previous)
    assert problem.startswith("node x requests identity core-1, which node old uses; this update removes old: ")


def test_an_identity_of_a_kept_node_is_not_freed() -> None:
    previous = {"kept": Assignment("core", "core-1", 9000, 1)}
    named = {"kept": any_identity(1), "x": AllocationRequest("core", "core-1", 1)}
    assert problems(named, previous) == ["node x requests identity core-1, which node kept uses"]


def test_a_full_pool_names_only_removed_nodes_of_its_own() -> None:
    previous = {
        "old-b": Assignment("core", "core-2", 9001, 1),
        "old-a": Assignment("core", "core-1", 9000, 1),
        "other": Assignment("edge", "edge-1", 9002, 1),
    }
    (problem,) = problems({"x": any_identity(1)}, previous)
    assert problem.startswith("pool core has 2 identities, 1 too few; this update removes old-a, old-b: ")


def test_a_full_pool_of_kept_nodes_frees_nothing() -> None:
    previous = {"a": Assignment("core", "core-1", 9000, 1), "b": Assignment("core", "core-2", 9001, 1)}
    requests = {"a": any_identity(1), "b": any_identity(1), "x": any_identity(1)}
    assert problems(requests, previous) == ["pool core has 2 identities, 1 too few"]


def test_a_full_range_names_only_removed_nodes_with_ports() -> None:
    previous = {
        "old-b": Assignment("core", "core-2", 9005, 5),
        "old-a": Assignment("core", "core-1", 9000, 5),
        "without": Assignment("edge", "edge-1", 0, 0),
    }
    (problem,) = problems({"x": any_identity(1, "edge")}, previous)
    assert "has 0 free ports" in problem
    assert "; this update removes old-a, old-b: " in problem


def test_a_full_range_of_kept_nodes_frees_nothing() -> None:
    previous = {"a": Assignment("core", "core-1", 9000, 10)}
    (problem,) = problems({"a": any_identity(10), "x": any_identity(2)}, previous)
    assert problem.endswith("portsAllocation")
    assert "raise the maximum by 2 " in problem


@pytest.mark.parametrize(("pools", "free"), [({"core": ()}, "none"), ({}, "none"), ({"core": ("core-2",)}, "core-2")])
def test_a_retired_identity_in_use_names_the_free_ones(pools: dict[str, tuple[str, ...]], free: str) -> None:
    inventory = Inventory(pools, 9000, 9009, retired=frozenset({"core-1"}))
    (problem,) = problems({}, {"a": Assignment("core", "core-1", 9000, 1)}, inventory)
    assert problem.endswith(f"(free in pool core: {free})")


# the order of new nodes


def test_numbers_inside_names_count_by_value() -> None:
    wide = Inventory({"core": tuple(f"core-{n}" for n in range(1, 6))}, 9000, 9009)
    names = ["n-2-z", "n-9-zz", "n-10-z", "n-99999999999", "n-100000000000"]
    result = allocate({name: any_identity(1) for name in reversed(names)}, {}, wide)
    assert [result[name].first_port for name in names] == [9000, 9001, 9002, 9003, 9004]
