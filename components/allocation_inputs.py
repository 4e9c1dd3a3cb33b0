"""What the allocation gets: the request of each node, and the identities and ports that there are. Pure."""

from collections.abc import Mapping

from components.allocation import AllocationRequest, Inventory, allocate
from components.allocation_provider import assignments_of
from config.models.settings import Settings
from summary.recorded import Properties


def require_allocatable(settings: Settings, recorded: Mapping[str, Properties]) -> None:
    """Raise AllocationError with every reason for which nodes cannot keep or get their identities and ports.

    `recorded` has the assignments of the last run. The allocation itself also knows the ports of others in the cluster;
    it refuses the same, but only after the summary, and not if `--target` leaves it out.
    """
    allocate(requests(settings), assignments_of(recorded), inventory(settings))


def requests(settings: Settings) -> dict[str, AllocationRequest]:
    """The request of each node. Nodes with their own address get no ports of the shared range."""
    return {
        name: AllocationRequest(
            pool=node.workload.pool,
            identity=node.identity_name,
            ports=node.workload.ports_allocation if node.workload.service.type == "ClusterIP" else 0,
        )
        for name, node in settings.workloads().items()
    }


def inventory(settings: Settings) -> Inventory:
    """The identities of each pool and the shared ports, without those that others use in the cluster."""
    ports = settings.platform.ingress.ports
    return Inventory(
        pools={name: pool.in_service(name) for name, pool in settings.pools.items()},
        retired=frozenset(name for pool in settings.pools.values() for name in pool.retired),
        first_port=ports.min,
        last_port=ports.max,
    )
