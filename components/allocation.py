"""Which identity and which block of ports each node has: pure, and stubborn.

What was given stays given: scaling, renaming of others, or a new order in the configuration moves nothing. What a node
gives up is free for others only in the update after the one that removes it, because Pulumi creates before it deletes:
two nodes would share an identity or a port for a while.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from config.errors import HoprdError


class AllocationError(HoprdError):
    """What is wanted does not fit; each problem says by how much, or who has it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class AllocationRequest:
    """What one node needs: an identity of the pool (a certain one, or any), and `ports` ports of the shared range."""

    pool: str
    identity: str | None
    ports: int


@dataclass(frozen=True)
class Assignment:
    """What one node has: its identity, and `ports` ports from `first_port` on (none behind its own load balancer)."""

    pool: str
    identity: str
    first_port: int
    ports: int

    @property
    def block(self) -> range:
        """The node's ports in the shared range."""
        return range(self.first_port, self.first_port + self.ports)


@dataclass(frozen=True)
class Supply:
    """What there is to give: each pool's identities in order, and a port range (both ends in it) with others' ports.

    `retired` names identities that pools have and no node may have.
    """

    pools: Mapping[str, tuple[str, ...]]
    first_port: int
    last_port: int
    foreign_ports: frozenset[int] = frozenset()
    retired: frozenset[str] = frozenset()


def allocate(
    requests: Mapping[str, AllocationRequest], given: Mapping[str, Assignment], supply: Supply
) -> dict[str, Assignment]:
    """Give each node of `wishes` what it needs, keeping what it was `given` before.

    New nodes are served in natural order (`a-2` before `a-10`), each with the first identity and the first block that
    fits. Raises AllocationError with every node that cannot be served.
    """
    problems: list[str] = []
    kept: dict[str, Assignment] = {}
    for node, request in _in_order(requests):
        if node in given:
            problems += _changes(node, request, given[node], supply)
            kept[node] = given[node]
    decommissioning = {node: assignment for node, assignment in given.items() if node not in requests}
    problems += _retired_in_use(given, supply)
    new = [(node, request) for node, request in _in_order(requests) if node not in given]
    identities = _give_identities(new, kept, decommissioning, supply, problems)
    first_ports = _give_ports(new, kept, decommissioning, supply, problems)
    if problems:
        raise AllocationError(problems)
    fresh = {
        node: Assignment(request.pool, identities[node], first_ports[node], request.ports) for node, request in new
    }
    return {**kept, **fresh}


def _changes(node: str, request: AllocationRequest, has: Assignment, supply: Supply) -> Iterator[str]:
    """What a node's wish says that cannot be had without making the node anew."""
    again = f"; remove {node}, run `pulumi up`, then add it again"
    if request.pool != has.pool:
        yield f"node {node} belongs to pool {has.pool} and cannot move to {request.pool}{again}"
    elif request.identity not in {None, has.identity}:
        yield f"node {node} has identity {has.identity} and cannot change to {request.identity}{again}"
    elif has.identity not in supply.pools[has.pool] and has.identity not in supply.retired:
        yield f"node {node} uses identity {has.identity}, which pool {has.pool} no longer has; remove {node} first"
    if request.ports != has.ports:
        yield f"node {node} has {has.ports} ports and cannot change to {request.ports}{again}"
    elif has.ports and not (supply.first_port <= has.first_port and has.block[-1] <= supply.last_port):
        yield (
            f"node {node} has the ports {has.first_port}-{has.block[-1]}, outside of the range "
            f"{supply.first_port}-{supply.last_port}; widen the range, or remove {node} first"
        )


def _retired_in_use(given: Mapping[str, Assignment], supply: Supply) -> Iterator[str]:
    """Nodes that run with an identity that is to leave; a node that this very update removes is still running then."""
    used = {has.identity for has in given.values()}
    for node, has in sorted(given.items()):
        if has.identity in supply.retired:
            free = ", ".join(name for name in supply.pools.get(has.pool, ()) if name not in used) or "none"
            yield (
                f"identity {has.identity} is to be retired and is used by node {node}: scale down or remove {node} "
                f"in a `pulumi up` of its own first, or retire one that no node uses (pool {has.pool} has {free})"
            )


def _give_identities(
    new: Iterable[tuple[str, AllocationRequest]],
    kept: Mapping[str, Assignment],
    decommissioning: Mapping[str, Assignment],
    supply: Supply,
    problems: list[str],
) -> dict[str, str]:
    user = {has.identity: node for node, has in [*decommissioning.items(), *kept.items()]}
    result: dict[str, str] = {}
    certain = [(node, request.pool, request.identity) for node, request in new if request.identity is not None]
    for node, pool, identity in certain:
        if identity in supply.retired:
            problems.append(f"node {node} wants identity {identity}, which is retired")
        elif identity not in supply.pools.get(pool, ()):
            problems.append(f"node {node} wants identity {identity}, which pool {pool} does not have")
        elif identity in user:
            until = _frees(user[identity]) if user[identity] in decommissioning else ""
            problems.append(f"node {node} wants identity {identity}, which node {user[identity]} has{until}")
        else:
            user[identity] = node
            result[node] = identity

    missing: dict[str, int] = {}
    for node, request in new:
        if request.identity is not None:
            continue
        free = next((name for name in supply.pools.get(request.pool, ()) if name not in user), None)
        if free is None:
            missing[request.pool] = missing.get(request.pool, 0) + 1
        else:
            user[free] = node
            result[node] = free
    for pool, count in missing.items():
        held = sorted(node for node, has in decommissioning.items() if has.pool == pool)
        until = _frees(", ".join(held)) if held else ""
        problems.append(f"pool {pool} has {len(supply.pools.get(pool, ()))} identities, {count} too few{until}")
    return result


def _give_ports(
    new: Iterable[tuple[str, AllocationRequest]],
    kept: Mapping[str, Assignment],
    decommissioning: Mapping[str, Assignment],
    supply: Supply,
    problems: list[str],
) -> dict[str, int]:
    taken = set(supply.foreign_ports)
    for has in [*kept.values(), *decommissioning.values()]:
        taken.update(has.block)
    result: dict[str, int] = {}
    unserved: list[tuple[str, int]] = []
    for node, request in new:
        first = _first_fit(request.ports, taken, supply) if request.ports else 0
        if first is None:
            unserved.append((node, request.ports))
        else:
            result[node] = first
            taken.update(range(first, first + request.ports))
    if unserved:
        held = sorted(node for node, has in decommissioning.items() if has.ports)
        until = _frees(", ".join(held)) if held else ""
        free = sum(port not in taken for port in range(supply.first_port, supply.last_port + 1))
        needed = sum(ports for _, ports in unserved)
        problems.append(
            f"the port range {supply.first_port}-{supply.last_port} has {free} free ports left and no place for "
            f"{', '.join(node for node, _ in unserved)}, which need {needed} in blocks: "
            f"raise the maximum by {needed} or lower portsAllocation{until}"
        )
    return result


def _first_fit(ports: int, taken: set[int], supply: Supply) -> int | None:
    run = 0
    for port in range(supply.first_port, supply.last_port + 1):
        run = 0 if port in taken else run + 1
        if run == ports:
            return port - ports + 1
    return None


def _frees(nodes: str) -> str:
    return f"; this update removes {nodes}: run `pulumi up` without the new nodes first, then add them"


def _in_order(requests: Mapping[str, AllocationRequest]) -> list[tuple[str, AllocationRequest]]:
    """By name, numbers inside it by value: the order of a mapping is lost on the way through Pulumi."""
    return sorted(
        requests.items(), key=lambda item: [(part.isdigit(), part.zfill(12)) for part in re.split(r"(\d+)", item[0])]
    )
