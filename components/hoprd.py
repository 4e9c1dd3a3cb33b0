"""One node: its custom resource, Deployment, Services, Ingress and status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.apps.v1.outputs import DeploymentStatus
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.networking import v1 as networking

from components.allocation import Assignment
from components.custom_resources import HoprResource
from components.identity_pool import IdentityPool
from components.manifests import labels, names, services
from components.manifests.deployment import deployment
from components.manifests.metadata import Later
from components.manifests.node import NodePlan
from components.manifests.ports import NodePorts
from components.manifests.specs import node_spec
from components.manifests.status import node_phase, node_status
from components.outputs import build, once_created
from config.models.platform import Platform
from config.models.settings import NodeWorkload


@dataclass(frozen=True)
class HoprdArgs:
    """What the node runs, what it was given, and who owns it (its cluster, or nobody)."""

    node: NodeWorkload
    platform: Platform
    pool: IdentityPool
    assignment: pulumi.Output[Assignment]
    stamp: pulumi.Output[Mapping[str, str]]
    owner: Mapping[str, Later] | None = None


class Hoprd(pulumi.ComponentResource):
    """A node with the identity and the ports it was given; its Deployment waits for the identity's volume and Secrets.

    Status is what was seen: Running only with a ready pod. A node that fails stops no other: they share nothing but
    their pool.
    """

    phase: pulumi.Output[str]
    """Where the node stands."""
    summary: dict[str, pulumi.Input[Any]]
    """What the stack's output says of the node."""

    def __init__(self, name: str, args: HoprdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:Hoprd", name, None, opts)
        self._pulumi_name, self._args = name, args
        workload = args.node.workload
        child = pulumi.ResourceOptions(parent=self)
        resource = HoprResource(
            f"{name}-resource",
            kind=names.NODE_KIND,
            name=name,
            namespace=args.platform.namespace,
            labels=labels.node(name, workload.pool, args.pool.network, args.node.cluster_name),
            spec=args.assignment.apply(lambda given: node_spec(workload, given.identity)),
            owner=args.owner,
            opts=child if args.owner else pulumi.ResourceOptions(parent=self, depends_on=args.pool.prerequisites),
        )
        plan = args.assignment.apply(lambda given: self._plan(given, resource.owner))

        host, reachable = self._reachable(plan)
        ports = args.assignment.apply(lambda given: _ports(workload.service.type, given, workload.ports_allocation))
        announced = pulumi.Output.concat(host, ":", ports.apply(lambda ports: str(ports.p2p)))
        running = self._deployment(build(plan, lambda plan: deployment(plan, announced)))

        self.phase = once_created(running, running.status, lambda seen: _phase(workload.enabled, seen))
        status = pulumi.Output.all(self.phase, args.assignment, args.stamp).apply(
            lambda seen: node_status(seen[0], seen[1].identity, seen[2])
        )
        resource.patch(
            f"{name}-status",
            status,
            pulumi.ResourceOptions(parent=self, depends_on=[resource, running, *reachable]),
        )
        self.summary = self._summary(host, ports)
        self.register_outputs(self.summary)

    def _plan(self, given: Assignment, owner: Mapping[str, Later]) -> NodePlan:
        args = self._args
        workload = args.node.workload
        return NodePlan(
            name=self._pulumi_name,
            workload=workload,
            cluster_name=args.node.cluster_name,
            network=args.pool.network,
            platform=args.platform,
            secret_name=args.pool.secret_name,
            identity_name=given.identity,
            identity=args.pool.identities[given.identity].public_data,
            ports=_ports(workload.service.type, given, workload.ports_allocation),
            owner=owner,
        )

    def _reachable(self, plan: pulumi.Output[NodePlan]) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
        """Register Services and Ingress; returns the public host that the node announces, and what was registered."""
        made: list[pulumi.Resource] = [self._service("service", build(plan, services.service)), self._ingress(plan)]
        if self._args.node.workload.service.type == "ClusterIP":
            return self._args.platform.ingress.load_balancer_ip, made
        tcp = self._service("p2p-tcp", build(plan, lambda plan: services.p2p_service(plan, "TCP")))
        address = once_created(tcp, tcp.status, _assigned_address)
        udp = self._service("p2p-udp", build(plan, lambda plan: services.p2p_service(plan, "UDP", address)))
        return address, [*made, tcp, udp]

    def _service(self, suffix: str, manifest: pulumi.Output[dict[str, Any]]) -> core.Service:
        return core.Service(
            f"{self._pulumi_name}-{suffix}",
            metadata=manifest["metadata"],
            spec=manifest["spec"],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _ingress(self, plan: pulumi.Output[NodePlan]) -> networking.Ingress:
        manifest = build(plan, services.ingress)
        return networking.Ingress(
            f"{self._pulumi_name}-ingress",
            metadata=manifest["metadata"],
            spec=manifest["spec"],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _deployment(self, manifest: pulumi.Output[dict[str, Any]]) -> apps.Deployment:
        pool = self._args.pool
        timeout = f"{self._args.platform.deployment_timeout_s}s"
        needed = self._args.assignment.apply(lambda given: [pool.identities[given.identity].volume, *pool.secrets])
        return apps.Deployment(
            f"{self._pulumi_name}-deployment",
            metadata=manifest["metadata"],
            spec=manifest["spec"],
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=needed,
                custom_timeouts=pulumi.CustomTimeouts(create=timeout, update=timeout),
            ),
        )

    def _summary(self, host: pulumi.Input[str], ports: pulumi.Output[NodePorts]) -> dict[str, pulumi.Input[Any]]:
        pool = self._args.pool
        identity = self._args.assignment.apply(lambda given: given.identity)
        public_data = identity.apply(lambda name: pool.identities[name].public_data)
        balances = identity.apply(lambda name: pool.identities[name].balances)
        return {
            "identity": identity,
            **{field: public_data[field] for field in ("peerId", "nativeAddress", "safeAddress", "moduleAddress")},
            "host": host,
            "port": ports.apply(lambda ports: ports.p2p),
            "version": self._args.node.workload.version,
            "phase": self.phase,
            **{token: balances[token] for token in ("xdai", "wxhopr")},
        }


def _ports(service_type: str, given: Assignment, count: int) -> NodePorts:
    """The block of the shared range, or the same ports for every node that has an address of its own."""
    if service_type == "ClusterIP":
        return NodePorts(given.first_port, given.ports)
    return NodePorts(names.LOAD_BALANCER_P2P_PORT, count)


def _phase(enabled: bool, seen: DeploymentStatus | None) -> str:
    if seen is None:
        return node_phase(enabled=enabled, replicas=None, ready_replicas=None)
    return node_phase(enabled=enabled, replicas=seen.replicas, ready_replicas=seen.ready_replicas)


def _assigned_address(seen: Any) -> str:
    """The address of a load balancer; Pulumi waits until there is one."""
    assigned = seen.load_balancer.ingress[0]
    return str(assigned.ip or assigned.hostname)
