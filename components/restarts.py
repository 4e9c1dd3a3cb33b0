"""Which nodes get another pod template, and so restart: the recorded one compared with that of this run. Pure."""

import json
from typing import Any

from components.allocation_provider import assignments_of
from components.manifests import names
from components.manifests.deployment import deployment
from components.manifests.node import NodePlan
from components.manifests.ports import NodePorts
from components.manifests.protocols import Protocols
from config.models.settings import NodeWorkload, Settings
from summary.recorded import Recorded, RecordedNode


def restarting_nodes(settings: Settings, recorded: Recorded) -> frozenset[str]:
    """Return the recorded nodes whose pod template changes; a node whose template is not recorded is left out."""
    return frozenset(
        name
        for name, workload in settings.workloads().items()
        if (node := recorded.nodes.get(name)) and node.template and _changes(settings, recorded, name, workload, node)
    )


def _changes(settings: Settings, recorded: Recorded, name: str, node: NodeWorkload, before: RecordedNode) -> bool:
    assignment = assignments_of(recorded.assignments).get(name)
    identity = recorded.identities.get(assignment.identity) if assignment else None
    if assignment is None or identity is None:
        return True  # the node gets another identity
    workload, platform = node.workload, settings.platform
    has_own_address = workload.service.type != "ClusterIP"
    ports = (
        NodePorts(names.LOAD_BALANCER_P2P_PORT, workload.ports_allocation)
        if has_own_address
        else NodePorts(assignment.first_port, assignment.ports)
    )
    plan = NodePlan(
        name=name,
        workload=workload,
        cluster_name=node.cluster_name,
        network=settings.network.name,
        platform=platform,
        secret_name=settings.pools[workload.pool].secret_name or names.wallet_secret(workload.pool),
        identity_name=assignment.identity,
        identity={
            "peerId": before.peer_id,
            "nativeAddress": identity.native_address,
            "safeAddress": identity.safe_address,
            "moduleAddress": identity.module_address,
        },
        ports=ports,
        owner={},
        protocols=Protocols(settings.network, settings.chain),
        marked=node.marked,
    )
    host = before.host if has_own_address else platform.ingress.load_balancer_ip
    template = deployment(plan, f"{host}:{ports.p2p}")["spec"]["template"]
    return _plain(template) != _plain(before.template)


def _plain(value: Any) -> str:
    """JSON with sorted keys; the engine returns every number as a float."""
    return json.dumps(_whole_numbers(value), sort_keys=True)


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole_numbers(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_numbers(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
