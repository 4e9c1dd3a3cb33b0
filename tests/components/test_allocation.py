"""Allocation of identities and ports: no overlap, no moves, and errors with numbers."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.allocation import AllocationError, AllocationRequest, Assignment, Inventory, allocate

POOLS = {"core": tuple(f"core-{n}" for n in range(1, 13)), "edge": tuple(f"edge-{n}" for n in range(1, 5))}
NODES = st.sampled_from([f"a-{n}" for n in range(1, 10)] + ["b-1", "b-2", "solo"])


@st.composite
def requests(draw: st.DrawFn) -> dict[str, AllocationRequest]:
    """Each node always has the same request; other tests change it."""
    nodes = draw(st.sets(NODES))
    return {
        node: AllocationRequest(
            "edge" if node == "solo" else "core", None, ports=0 if node == "b-1" else 1 + len(node) % 4
        )
        for node in nodes
    }


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    first = draw(st.integers(9000, 9010))
    last = draw(st.integers(first + 70, first + 90))
    foreign = draw(st.frozensets(st.integers(first - 2, last + 2), max_size=5))
    return Inventory(POOLS, first, last, foreign)


INVENTORY = Inventory(POOLS, 9000, 9099)


def assert_sound(result: dict[str, Assignment], desired: dict[str, AllocationRequest], inventory: Inventory) -> None:
    assert result.keys() == desired.keys()
    identities = [has.identity for has in result.values()]
    assert len(set(identities)) == len(identities)
    for node, has in result.items():
        assert has.identity in inventory.pools[desired[node].pool]
        assert len(has.block) == desired[node].ports
        assert all(inventory.first_port <= port <= inventory.last_port for port in has.block)
    for one, other in combinations(result.values(), 2):
        assert not set(one.block) & set(other.block)


@given(requests(), inventories())
def test_assignments_fit_and_never_overlap(desired: dict[str, AllocationRequest], inventory: Inventory) -> None:
    result = allocate(desired, {}, inventory)
    assert_sound(result, desired, inventory)
    assert not {port for has in result.values() for port in has.block} & inventory.foreign_ports


@given(st.lists(requests(), min_size=1, max_size=6), inventories())
def test_adding_and_removing_nodes_moves_no_other_node(
    steps: list[dict[str, AllocationRequest]], inventory: Inventory
) -> None:
    has: dict[str, Assignment] = {}
    for step in steps:
        desired = step
        try:
            after = allocate(desired, has, inventory)
        except AllocationError:  # removed nodes still use theirs: remove first, then add
            desired = {node: request for node, request in step.items() if node in has}
            after = allocate(desired, has, inventory)
        assert_sound(after, desired, inventory)
        assert all(after[node] == has[node] for node in after.keys() & has.keys())
        has = after


@given(requests(), requests(), inventories())
def test_a_removed_node_frees_its_assignment_only_in_the_next_update(
    before: dict[str, AllocationRequest], after: dict[str, AllocationRequest], inventory: Inventory
) -> None:
    had = allocate(before, {}, inventory)
    removed = [has for node, has in had.items() if node not in after]
    try:
        result = allocate(after, had, inventory)
    except AllocationError:
        return
    new = [has for node, has in result.items() if node not in had]
    for came in new:
        for left in removed:
            assert came.identity != left.identity
            assert not set(came.block) & set(left.block)


def test_the_same_requests_in_another_order_change_nothing() -> None:
    desired = {f"a-{n}": AllocationRequest("core", None, 10) for n in range(1, 6)}
    once = allocate(desired, {}, INVENTORY)
    assert allocate(dict(reversed(desired.items())), once, INVENTORY) == once


def test_new_nodes_are_sorted_by_number_and_not_by_character() -> None:
    result = allocate({node: AllocationRequest("core", None, 1) for node in ("a-10", "a-9", "a-2")}, {}, INVENTORY)
    assert [result[node].identity for node in ("a-2", "a-9", "a-10")] == ["core-1", "core-2", "core-3"]


def test_a_gap_is_filled_by_a_block_that_fits() -> None:
    had = allocate(
        {"a-1": AllocationRequest("core", None, 3), "a-2": AllocationRequest("core", None, 3)}, {}, INVENTORY
    )
    without_first = allocate({"a-2": AllocationRequest("core", None, 3)}, had, INVENTORY)
    desired = {
        "a-2": AllocationRequest("core", None, 3),
        "big": AllocationRequest("core", None, 4),
        "small": AllocationRequest("core", None, 2),
    }
    result = allocate(desired, without_first, INVENTORY)
    assert (result["small"].first_port, result["big"].first_port) == (9000, 9006)
    assert result["big"].identity == "core-1"


def test_requested_identities_are_assigned_before_free_ones() -> None:
    result = allocate(
        {"a-1": AllocationRequest("core", None, 1), "z": AllocationRequest("core", "core-1", 1)}, {}, INVENTORY
    )
    assert (result["z"].identity, result["a-1"].identity) == ("core-1", "core-2")


def problems(
    desired: dict[str, AllocationRequest], had: dict[str, Assignment], inventory: Inventory = INVENTORY
) -> str:
    with pytest.raises(AllocationError) as caught:
        allocate(desired, had, inventory)
    return str(caught.value)


def test_a_full_range_reports_the_number_of_missing_ports() -> None:
    desired = {f"a-{n}": AllocationRequest("core", None, 10) for n in range(1, 5)}
    message = problems(desired, {}, Inventory(POOLS, 9000, 9024))
    assert "9000-9024 has 5 free ports, but no consecutive block for a-3, a-4, which need 20 in total" in message
    assert "raise the maximum by 20" in message


def test_a_full_pool_reports_the_number_of_missing_identities() -> None:
    message = problems({f"a-{n}": AllocationRequest("edge", None, 1) for n in range(1, 8)}, {})
    assert message == "pool edge has 4 identities, 3 too few"


def test_an_identity_of_a_removed_node_comes_with_the_two_steps() -> None:
    had = allocate({f"a-{n}": AllocationRequest("edge", None, 1) for n in range(1, 5)}, {}, INVENTORY)
    message = problems({"b-1": AllocationRequest("edge", None, 1)}, had)
    assert "1 too few" in message
    assert "run `pulumi up` without the new nodes first" in message


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (AllocationRequest("edge", None, 3), "belongs to pool core and cannot move to edge"),
        (AllocationRequest("core", "core-2", 3), "uses identity core-1 and cannot change to core-2"),
        (AllocationRequest("core", None, 4), "has 3 ports and cannot change to 4"),
    ],
)
def test_a_forbidden_change_is_refused_with_the_fix(changed: AllocationRequest, expected: str) -> None:
    had = allocate({"a-1": AllocationRequest("core", None, 3)}, {}, INVENTORY)
    message = problems({"a-1": changed}, had)
    assert expected in message
    assert "remove a-1, run `pulumi up`, then add it again" in message


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            AllocationRequest("edge", None, 3),
            "nodes a-1…3 belong to pool core and cannot move to edge; remove a-1…3, run `pulumi up`, then add them "
            "again",
        ),
        (
            AllocationRequest("core", None, 4),
            "nodes a-1…3 have 3 ports and cannot change to 4; remove a-1…3, run `pulumi up`, then add them again",
        ),
    ],
)
def test_a_forbidden_change_of_many_nodes_is_one_sentence(changed: AllocationRequest, expected: str) -> None:
    nodes = [f"a-{number}" for number in (1, 2, 3)]
    had = allocate(dict.fromkeys(nodes, AllocationRequest("core", None, 3)), {}, INVENTORY)
    assert problems(dict.fromkeys(nodes, changed), had) == expected


def test_a_renamed_pool_is_one_sentence_with_both_ways_out() -> None:
    nodes = [f"a-{number}" for number in (1, 2, 3)]
    had = allocate(dict.fromkeys(nodes, AllocationRequest("core", None, 3)), {}, INVENTORY)
    renamed = Inventory({"other": ("other-1", "other-2", "other-3")}, 9000, 9099)
    assert problems(dict.fromkeys(nodes, AllocationRequest("other", None, 3)), had, renamed) == (
        "nodes a-1…3 belong to pool core and cannot move to other; a pool cannot be renamed: name it core again; or, "
        "if it is another pool, remove a-1…3, run `pulumi up`, then add them again"
    )


def test_a_smaller_pool_or_range_does_not_remove_an_assignment() -> None:
    had = {"a-1": Assignment("core", "core-9", 9090, 3)}
    smaller = Inventory({"core": POOLS["core"][:3]}, 9000, 9050)
    message = problems({"a-1": AllocationRequest("core", None, 3)}, had, smaller)
    assert "uses identity core-9, which pool core no longer has" in message
    assert "uses the ports 9090-9092, outside the range 9000-9050" in message


def test_a_used_or_unknown_identity_is_refused_by_name() -> None:
    had = allocate({"a-1": AllocationRequest("core", None, 1)}, {}, INVENTORY)
    desired = {
        "a-1": AllocationRequest("core", None, 1),
        "x": AllocationRequest("core", "core-1", 1),
        "y": AllocationRequest("core", "core-99", 1),
    }
    message = problems(desired, had)
    assert "node x requests identity core-1, which node a-1 uses" in message
    assert "node y requests identity core-99, which pool core does not have" in message


# retired identities


def retiring(*names: str) -> Inventory:
    pools = {pool: tuple(name for name in all_names if name not in names) for pool, all_names in POOLS.items()}
    return Inventory(pools, 9000, 9099, retired=frozenset(names))


def test_a_retired_identity_is_not_assigned() -> None:
    desired = {"a-1": AllocationRequest("edge", None, 2), "a-2": AllocationRequest("edge", None, 2)}
    assert [has.identity for has in allocate(desired, {}, retiring("edge-1")).values()] == ["edge-2", "edge-3"]


@pytest.mark.parametrize("still_desired", [True, False])
def test_an_identity_in_use_cannot_retire_even_while_its_node_is_removed(still_desired: bool) -> None:
    """Pulumi creates before it deletes: a node that this update removes runs until the end of the update."""
    desired = {"a-1": AllocationRequest("edge", None, 2), "a-2": AllocationRequest("edge", None, 2)}
    previous = allocate(desired, {}, INVENTORY)
    after = desired if still_desired else {"a-1": desired["a-1"]}
    with pytest.raises(AllocationError) as caught:
        allocate(after, previous, retiring("edge-2"))
    (problem,) = caught.value.problems
    assert problem.startswith("identity edge-2 cannot be retired while node a-2 uses it; scale down or remove a-2")
    assert problem.endswith("(free in pool edge: edge-3, edge-4)")


def test_an_identity_can_retire_in_the_update_after_its_node_was_removed() -> None:
    desired = {"a-1": AllocationRequest("edge", None, 2), "a-2": AllocationRequest("edge", None, 2)}
    first = {"a-1": desired["a-1"]}
    removed = allocate(first, allocate(desired, {}, INVENTORY), INVENTORY)
    assert allocate(first, removed, retiring("edge-2")) == removed


def test_a_node_cannot_request_a_retired_identity() -> None:
    with pytest.raises(AllocationError, match="requests identity edge-2, which is retired"):
        allocate({"a-1": AllocationRequest("edge", "edge-2", 2)}, {}, retiring("edge-2"))
