"""Allocate an identity and a block of ports to each node. Pure.

An assignment never changes while its node exists: scaling, renaming other nodes or a new order in the configuration
moves nothing. The identity and ports of a removed node are free only in the next update, because Pulumi creates before
it deletes and two nodes would share them for a while.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.errors import HoprdError
from config.validation.folding import folded


class AllocationError(HoprdError):
    """Not all requests can be fulfilled. Each problem says what is missing, or which node uses it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class AllocationRequest:
    """The needs of one node: an identity of the pool (None: any free one) and `ports` ports of the shared range."""

    pool: str
    identity: str | None
    ports: int


Requests = list[tuple[str, AllocationRequest]]
"""Requests by node, in natural order."""


@dataclass(frozen=True)
class Assignment:
    """The identity of one node and its `ports` ports from `first_port` on (0 with its own load balancer)."""

    pool: str
    identity: str
    first_port: int
    ports: int

    @property
    def block(self) -> range:
        """The node's ports in the shared range."""
        return range(self.first_port, self.first_port + self.ports)


@dataclass(frozen=True)
class Inventory:
    """The identities of each pool, in order, and the shared port range; both ends are included.

    `foreign_ports` belong to other tenants of the ingress controller. No node may use an identity in `retired`.
    """

    pools: Mapping[str, tuple[str, ...]]
    first_port: int
    last_port: int
    foreign_ports: frozenset[int] = frozenset()
    retired: frozenset[str] = frozenset()


def allocate(
    requests: Mapping[str, AllocationRequest], previous: Mapping[str, Assignment], inventory: Inventory
) -> dict[str, Assignment]:
    """Return the assignment of each node in `requests`; nodes in `previous` keep theirs.

    New nodes get theirs in natural order (`a-2` before `a-10`): the first free identity and the first block that fits.
    Raise AllocationError with a problem for every request that cannot be fulfilled.
    """
    problems: list[str] = []
    kept: dict[str, Assignment] = {}
    problems += _moves_and_resizes(requests, previous, inventory)
    for node, request in _in_natural_order(requests):
        if node in previous:
            problems += _forbidden_changes(node, request, previous[node], inventory)
            kept[node] = previous[node]
    removed = {node: assignment for node, assignment in previous.items() if node not in requests}
    problems += _retired_in_use(previous, inventory)
    new = [(node, request) for node, request in _in_natural_order(requests) if node not in previous]
    identities = _assign_identities(new, kept, removed, inventory, problems)
    first_ports = _assign_ports(new, kept, removed, inventory, problems)
    if problems:
        raise AllocationError(problems)
    added = {
        node: Assignment(request.pool, identities[node], first_ports[node], request.ports) for node, request in new
    }
    return {**kept, **added}


def _moves_and_resizes(
    requests: Mapping[str, AllocationRequest], previous: Mapping[str, Assignment], inventory: Inventory
) -> Iterator[str]:
    """Yield one problem for all nodes that change from the same pool to the same other one, or their ports."""
    moved: dict[tuple[str, str], list[str]] = defaultdict(list)
    resized: dict[tuple[int, int], list[str]] = defaultdict(list)
    for node, request in requests.items():
        if (current := previous.get(node)) is None:
            continue
        if request.pool != current.pool:
            moved[current.pool, request.pool].append(node)
        if request.ports != current.ports:
            resized[current.ports, request.ports].append(node)
    for (before, after), nodes in sorted(moved.items()):
        fix = _add_again(nodes)
        if before not in inventory.pools:
            fix = f"a pool cannot be renamed: name it {before} again; or, if it is another pool, {fix}"
        yield f"{_subject(nodes, 'belongs', 'belong')} to pool {before} and cannot move to {after}; {fix}"
    for (had, wanted), nodes in sorted(resized.items()):
        what = f"{_subject(nodes, 'has', 'have')} {had} ports and cannot change to {wanted}"
        yield f"{what}; {_add_again(nodes)}"


def _subject(nodes: list[str], one: str, many: str) -> str:
    return f"node {nodes[0]} {one}" if len(nodes) == 1 else f"nodes {folded(nodes)} {many}"


def _add_again(nodes: list[str]) -> str:
    return f"remove {folded(nodes)}, run `pulumi up`, then add {'it' if len(nodes) == 1 else 'them'} again"


def _forbidden_changes(
    node: str, request: AllocationRequest, current: Assignment, inventory: Inventory
) -> Iterator[str]:
    """Yield what is wrong with one node; `_moves_and_resizes` has what often concerns many."""
    same_pool = request.pool == current.pool
    if same_pool and request.identity not in {None, current.identity}:
        what = f"node {node} uses identity {current.identity} and cannot change to {request.identity}"
        yield f"{what}; {_add_again([node])}"
    elif (
        same_pool
        and current.identity not in inventory.pools[current.pool]
        and current.identity not in inventory.retired
    ):
        yield (
            f"node {node} uses identity {current.identity}, which pool {current.pool} no longer has; remove {node} "
            "first, or make the pool large enough"
        )
    if request.ports == current.ports > 0 and not (
        inventory.first_port <= current.first_port and current.block[-1] <= inventory.last_port
    ):
        yield (
            f"node {node} uses the ports {current.first_port}-{current.block[-1]}, outside the range "
            f"{inventory.first_port}-{inventory.last_port}; widen the range, or remove {node} first"
        )


def _retired_in_use(previous: Mapping[str, Assignment], inventory: Inventory) -> Iterator[str]:
    """A node that this update removes counts too, because it still runs while the identity is decommissioned."""
    used = {assignment.identity for assignment in previous.values()}
    for node, assignment in sorted(previous.items()):
        identity, pool = assignment.identity, assignment.pool
        if identity in inventory.retired:
            free = ", ".join(name for name in inventory.pools.get(pool, ()) if name not in used) or "none"
            yield (
                f"identity {identity} cannot be retired while node {node} uses it; scale down or remove {node} in a "
                f"separate `pulumi up` first, or retire an identity that no node uses (free in pool {pool}: {free})"
            )


def _assign_identities(
    new: Requests,
    kept: Mapping[str, Assignment],
    removed: Mapping[str, Assignment],
    inventory: Inventory,
    problems: list[str],
) -> dict[str, str]:
    """Assign the identities that requests name before any free ones."""
    user = {assignment.identity: node for node, assignment in [*removed.items(), *kept.items()]}
    result: dict[str, str] = {}
    for node, request in new:
        identity, pool = request.identity, request.pool
        if identity is None:
            continue
        if identity in inventory.retired:
            problems.append(f"node {node} requests identity {identity}, which is retired")
        elif identity not in inventory.pools.get(pool, ()):
            problems.append(f"node {node} requests identity {identity}, which pool {pool} does not have")
        elif identity in user:
            hint = _free_after_update(user[identity]) if user[identity] in removed else ""
            problems.append(f"node {node} requests identity {identity}, which node {user[identity]} uses{hint}")
        else:
            user[identity] = node
            result[node] = identity

    missing: dict[str, int] = {}
    for node, request in new:
        if request.identity is not None:
            continue
        free = next((name for name in inventory.pools.get(request.pool, ()) if name not in user), None)
        if free is None:
            missing[request.pool] = missing.get(request.pool, 0) + 1
        else:
            user[free] = node
            result[node] = free
    for pool, count in missing.items():
        users = sorted(node for node, assignment in removed.items() if assignment.pool == pool)
        hint = _free_after_update(", ".join(users)) if users else ""
        problems.append(f"pool {pool} has {len(inventory.pools.get(pool, ()))} identities, {count} too few{hint}")
    return result


def _assign_ports(
    new: Requests,
    kept: Mapping[str, Assignment],
    removed: Mapping[str, Assignment],
    inventory: Inventory,
    problems: list[str],
) -> dict[str, int]:
    taken = set(inventory.foreign_ports)
    for assignment in [*kept.values(), *removed.values()]:
        taken.update(assignment.block)
    result: dict[str, int] = {}
    without_block: list[tuple[str, int]] = []
    for node, request in new:
        first = _first_fit(request.ports, taken, inventory) if request.ports else 0
        if first is None:
            without_block.append((node, request.ports))
        else:
            result[node] = first
            taken.update(range(first, first + request.ports))
    if without_block:
        users = sorted(node for node, assignment in removed.items() if assignment.ports)
        hint = _free_after_update(", ".join(users)) if users else ""
        free = sum(port not in taken for port in range(inventory.first_port, inventory.last_port + 1))
        needed = sum(ports for _, ports in without_block)
        problems.append(
            f"the port range {inventory.first_port}-{inventory.last_port} has {free} free ports, but no consecutive "
            f"block for {', '.join(node for node, _ in without_block)}, which need {needed} in total; "
            f"raise the maximum by {needed} or lower portsAllocation{hint}"
        )
    return result


def _first_fit(ports: int, taken: set[int], inventory: Inventory) -> int | None:
    run = 0
    for port in range(inventory.first_port, inventory.last_port + 1):
        run = 0 if port in taken else run + 1
        if run == ports:
            return port - ports + 1
    return None


def _free_after_update(nodes: str) -> str:
    return f"; this update removes {nodes}: run `pulumi up` without the new nodes first, then add them"


def _in_natural_order(requests: Mapping[str, AllocationRequest]) -> Requests:
    """Sort by name, with the numbers in it by value, because Pulumi does not keep the order of a mapping."""
    return sorted(
        requests.items(), key=lambda item: [(part.isdigit(), part.zfill(12)) for part in re.split(r"(\d+)", item[0])]
    )
