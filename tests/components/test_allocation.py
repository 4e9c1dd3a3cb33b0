"""Identities and ports: nothing overlaps, nothing moves, and what does not fit is said with numbers."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.allocation import AllocationError, AllocationRequest, Assignment, Supply, allocate

POOLS = {"core": tuple(f"core-{n}" for n in range(1, 13)), "edge": tuple(f"edge-{n}" for n in range(1, 5))}
NODES = st.sampled_from([f"a-{n}" for n in range(1, 10)] + ["b-1", "b-2", "solo"])


@st.composite
def requests(draw: st.DrawFn) -> dict[str, AllocationRequest]:
    """Each node always wishes for the same: a node that changes its wishes is another test."""
    nodes = draw(st.sets(NODES))
    return {
        node: AllocationRequest(
            "edge" if node == "solo" else "core", None, ports=0 if node == "b-1" else 1 + len(node) % 4
        )
        for node in nodes
    }


@st.composite
def supplies(draw: st.DrawFn) -> Supply:
    first = draw(st.integers(9000, 9010))
    last = draw(st.integers(first + 70, first + 90))
    foreign = draw(st.frozensets(st.integers(first - 2, last + 2), max_size=5))
    return Supply(POOLS, first, last, foreign)


SUPPLY = Supply(POOLS, 9000, 9099)


def assert_sound(result: dict[str, Assignment], desired: dict[str, AllocationRequest], supply: Supply) -> None:
    assert result.keys() == desired.keys()
    identities = [has.identity for has in result.values()]
    assert len(set(identities)) == len(identities)
    for node, has in result.items():
        assert has.identity in supply.pools[desired[node].pool]
        assert len(has.block) == desired[node].ports
        assert all(supply.first_port <= port <= supply.last_port for port in has.block)
    for one, other in combinations(result.values(), 2):
        assert not set(one.block) & set(other.block)


@given(requests(), supplies())
def test_what_is_given_fits_and_never_overlaps(desired: dict[str, AllocationRequest], supply: Supply) -> None:
    result = allocate(desired, {}, supply)
    assert_sound(result, desired, supply)
    assert not {port for has in result.values() for port in has.block} & supply.foreign_ports


@given(st.lists(requests(), min_size=1, max_size=6), supplies())
def test_whatever_is_added_or_removed_nothing_else_moves(
    steps: list[dict[str, AllocationRequest]], supply: Supply
) -> None:
    has: dict[str, Assignment] = {}
    for step in steps:
        desired = step
        try:
            after = allocate(desired, has, supply)
        except AllocationError:  # what leaves is still held: the answer is to remove first, then to add
            desired = {node: request for node, request in step.items() if node in has}
            after = allocate(desired, has, supply)
        assert_sound(after, desired, supply)
        assert all(after[node] == has[node] for node in after.keys() & has.keys())
        has = after


@given(requests(), requests(), supplies())
def test_what_leaves_is_free_only_in_the_update_after(
    before: dict[str, AllocationRequest], after: dict[str, AllocationRequest], supply: Supply
) -> None:
    had = allocate(before, {}, supply)
    decommissioning = [has for node, has in had.items() if node not in after]
    try:
        result = allocate(after, had, supply)
    except AllocationError:
        return
    new = [has for node, has in result.items() if node not in had]
    for came in new:
        for left in decommissioning:
            assert came.identity != left.identity
            assert not set(came.block) & set(left.block)


def test_the_same_again_is_no_change() -> None:
    desired = {f"a-{n}": AllocationRequest("core", None, 10) for n in range(1, 6)}
    once = allocate(desired, {}, SUPPLY)
    assert allocate(dict(reversed(desired.items())), once, SUPPLY) == once


def test_new_nodes_are_served_by_number_and_not_by_spelling() -> None:
    result = allocate({node: AllocationRequest("core", None, 1) for node in ("a-10", "a-9", "a-2")}, {}, SUPPLY)
    assert [result[node].identity for node in ("a-2", "a-9", "a-10")] == ["core-1", "core-2", "core-3"]


def test_a_hole_is_filled_by_what_fits_into_it() -> None:
    had = allocate({"a-1": AllocationRequest("core", None, 3), "a-2": AllocationRequest("core", None, 3)}, {}, SUPPLY)
    without_first = allocate({"a-2": AllocationRequest("core", None, 3)}, had, SUPPLY)
    desired = {
        "a-2": AllocationRequest("core", None, 3),
        "big": AllocationRequest("core", None, 4),
        "small": AllocationRequest("core", None, 2),
    }
    result = allocate(desired, without_first, SUPPLY)
    assert (result["small"].first_port, result["big"].first_port) == (9000, 9006)
    assert result["big"].identity == "core-1"


def test_a_certain_identity_is_given_before_any_free_one() -> None:
    result = allocate(
        {"a-1": AllocationRequest("core", None, 1), "z": AllocationRequest("core", "core-1", 1)}, {}, SUPPLY
    )
    assert (result["z"].identity, result["a-1"].identity) == ("core-1", "core-2")


def problems(desired: dict[str, AllocationRequest], had: dict[str, Assignment], supply: Supply = SUPPLY) -> str:
    with pytest.raises(AllocationError) as caught:
        allocate(desired, had, supply)
    return str(caught.value)


def test_a_full_range_says_by_how_much() -> None:
    desired = {f"a-{n}": AllocationRequest("core", None, 10) for n in range(1, 5)}
    message = problems(desired, {}, Supply(POOLS, 9000, 9024))
    assert "9000-9024 has 5 free ports left and no place for a-3, a-4, which need 20 in blocks" in message
    assert "raise the maximum by 20" in message


def test_too_few_identities_says_by_how_much() -> None:
    message = problems({f"a-{n}": AllocationRequest("edge", None, 1) for n in range(1, 8)}, {})
    assert message == "pool edge has 4 identities, 3 too few"


def test_what_is_held_by_a_leaving_node_is_said() -> None:
    had = allocate({f"a-{n}": AllocationRequest("edge", None, 1) for n in range(1, 5)}, {}, SUPPLY)
    message = problems({"b-1": AllocationRequest("edge", None, 1)}, had)
    assert "1 too few" in message
    assert "run `pulumi up` without the new nodes first" in message


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (AllocationRequest("edge", None, 3), "belongs to pool core and cannot move to edge"),
        (AllocationRequest("core", "core-2", 3), "has identity core-1 and cannot change to core-2"),
        (AllocationRequest("core", None, 4), "has 3 ports and cannot change to 4"),
    ],
)
def test_what_never_changes_is_refused_with_the_way_out(asked: AllocationRequest, expected: str) -> None:
    had = allocate({"a-1": AllocationRequest("core", None, 3)}, {}, SUPPLY)
    message = problems({"a-1": asked}, had)
    assert expected in message
    assert "remove a-1, run `pulumi up`, then add it again" in message


def test_a_smaller_pool_or_range_does_not_take_away_what_is_used() -> None:
    had = {"a-1": Assignment("core", "core-9", 9090, 3)}
    smaller = Supply({"core": POOLS["core"][:3]}, 9000, 9050)
    message = problems({"a-1": AllocationRequest("core", None, 3)}, had, smaller)
    assert "uses identity core-9, which pool core no longer has" in message
    assert "has the ports 9090-9092, outside of the range 9000-9050" in message


def test_an_identity_that_is_used_or_unknown_is_refused_by_name() -> None:
    had = allocate({"a-1": AllocationRequest("core", None, 1)}, {}, SUPPLY)
    desired = {
        "a-1": AllocationRequest("core", None, 1),
        "x": AllocationRequest("core", "core-1", 1),
        "y": AllocationRequest("core", "core-99", 1),
    }
    message = problems(desired, had)
    assert "node x wants identity core-1, which node a-1 has" in message
    assert "node y wants identity core-99, which pool core does not have" in message


# identities that leave


def retiring(*names: str) -> Supply:
    pools = {pool: tuple(name for name in all_names if name not in names) for pool, all_names in POOLS.items()}
    return Supply(pools, 9000, 9099, retired=frozenset(names))


def test_a_retired_identity_is_given_to_nobody() -> None:
    desired = {"a-1": AllocationRequest("edge", None, 2), "a-2": AllocationRequest("edge", None, 2)}
    assert [has.identity for has in allocate(desired, {}, retiring("edge-1")).values()] == ["edge-2", "edge-3"]


@pytest.mark.parametrize("still_wanted", [True, False])
def test_an_identity_in_use_is_not_retired_also_while_its_node_is_being_removed(still_wanted: bool) -> None:
    """Pulumi creates before it deletes: a node that this update removes runs until the end of it."""
    desired = {"a-1": AllocationRequest("edge", None, 2), "a-2": AllocationRequest("edge", None, 2)}
    given_before = allocate(desired, {}, SUPPLY)
    after = desired if still_wanted else {"a-1": desired["a-1"]}
    with pytest.raises(AllocationError) as caught:
        allocate(after, given_before, retiring("edge-2"))
    (problem,) = caught.value.problems
    assert problem.startswith("identity edge-2 is to be retired and is used by node a-2: scale down or remove a-2")
    assert problem.endswith("(pool edge has edge-3, edge-4)")


def test_an_identity_is_retired_in_the_update_after_its_node_was_removed() -> None:
    desired = {"a-1": AllocationRequest("edge", None, 2), "a-2": AllocationRequest("edge", None, 2)}
    first = {"a-1": desired["a-1"]}
    removed = allocate(first, allocate(desired, {}, SUPPLY), SUPPLY)
    assert allocate(first, removed, retiring("edge-2")) == removed


def test_a_node_that_names_a_retired_identity_is_told_so() -> None:
    with pytest.raises(AllocationError, match="wants identity edge-2, which is retired"):
        allocate({"a-1": AllocationRequest("edge", "edge-2", 2)}, {}, retiring("edge-2"))
