"""A node: its custom resource, Deployment, Services and Ingress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.allocation import Assignment
from components.custom_resources import HoprResource
from components.identity_pool import IdentityPool
from components.kubernetes_object import KubernetesObject
from components.manifests import labels, names, services
from components.manifests.deployment import deployment
from components.manifests.metadata import Later
from components.manifests.node import NodePlan
from components.manifests.ports import NodePorts
from components.manifests.secret_values import secret, secret_values
from components.manifests.specs import checksum, node_spec
from components.outputs import build, once_created
from config.models.platform import Platform
from config.models.settings import NodeWorkload

_DIGEST = 16


@dataclass(frozen=True)
class HoprdArgs:
    """The node, its assignment, and its owner (its cluster; None for a single node)."""

    node: NodeWorkload
    platform: Platform
    pool: IdentityPool
    assignment: pulumi.Output[Assignment]
    owner: HoprResource | None = None


class Hoprd(pulumi.ComponentResource):
    """A node with its assigned identity and ports. Its Deployment waits for the identity's volume and the Secrets.

    Pulumi does not wait for the node: `FleetStatus` waits for all nodes at once.
    """

    resource: HoprResource
    """The custom resource."""
    objects: list[pulumi.Resource]
    """Deployment, Secret (if the configuration has secrets), Services and Ingress."""
    digest: pulumi.Output[str]
    """A checksum of the Deployment's spec; unknown in a preview in which a value of the spec is unknown."""
    summary: dict[str, pulumi.Input[Any]]
    """The stack output of the node, without its phase."""

    def __init__(self, name: str, args: HoprdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:Hoprd", name, None, opts)
        self._pulumi_name, self._args = name, args
        workload = args.node.workload
        self.resource = HoprResource(
            f"{name}-resource",
            kind=names.NODE_KIND,
            name=name,
            namespace=args.platform.namespace,
            labels=labels.node(name, workload.pool, args.pool.network, args.node.cluster_name),
            spec=args.assignment.apply(
                lambda assignment: node_spec(workload, assignment.identity, marked=args.node.marked)
            ),
            owner=args.owner,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[] if args.owner else args.pool.prerequisites),
        )
        plan = args.assignment.apply(lambda assignment: self._plan(assignment, self.resource.owner))

        exposed = [self._service("service", build(plan, services.service)), self._ingress(plan)]
        host, own_address = self._own_address(plan)
        ports = args.assignment.apply(
            lambda assignment: _ports(workload.service.type, assignment, workload.ports_allocation)
        )
        announced = pulumi.Output.concat(host, ":", ports.apply(lambda ports: str(ports.p2p)))
        manifest = build(plan, lambda plan: deployment(plan, announced))
        secrets = self._configuration(plan)
        self.objects = [self._deployment(manifest, [*secrets, *own_address]), *secrets, *exposed, *own_address]
        self.digest = pulumi.Output.from_input(manifest["spec"]).apply(lambda spec: checksum(spec)[:_DIGEST])
        self.summary = self._summary(host, ports)
        self.register_outputs(self.summary)

    @property
    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=[self.resource])

    def _plan(self, assignment: Assignment, owner: Mapping[str, Later]) -> NodePlan:
        args = self._args
        workload = args.node.workload
        return NodePlan(
            name=self._pulumi_name,
            workload=workload,
            cluster_name=args.node.cluster_name,
            network=args.pool.network,
            platform=args.platform,
            secret_name=args.pool.secret_name,
            identity_name=assignment.identity,
            identity=args.pool.identities[assignment.identity].public_data,
            ports=_ports(workload.service.type, assignment, workload.ports_allocation),
            owner=owner,
            protocols=args.pool.protocols,
            marked=args.node.marked,
        )

    def _own_address(self, plan: pulumi.Output[NodePlan]) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
        """Return the public host that the node announces, and the Services of a node with an address of its own."""
        if self._args.node.workload.service.type == "ClusterIP":
            return self._args.platform.ingress.load_balancer_ip, []
        tcp = self._service("p2p-tcp", build(plan, lambda plan: services.p2p_service(plan, "TCP")))
        address = once_created(tcp, tcp.status, _assigned_address)
        udp = self._service("p2p-udp", build(plan, lambda plan: services.p2p_service(plan, "UDP", address)), [tcp])
        return address, [tcp, udp]

    def _service(
        self, suffix: str, manifest: pulumi.Output[dict[str, Any]], needed: Sequence[pulumi.Resource] = ()
    ) -> KubernetesObject:
        content = _fields(manifest, "metadata", "spec")
        opts = pulumi.ResourceOptions(parent=self, depends_on=[self.resource, *needed])
        return KubernetesObject(f"{self._pulumi_name}-{suffix}", "v1", "Service", content, opts)

    def _ingress(self, plan: pulumi.Output[NodePlan]) -> KubernetesObject:
        manifest = build(plan, services.ingress)
        content = _fields(manifest, "metadata", "spec")
        return KubernetesObject(f"{self._pulumi_name}-ingress", "networking.k8s.io/v1", "Ingress", content, self._child)

    def _configuration(self, plan: pulumi.Output[NodePlan]) -> list[pulumi.Resource]:
        """Register the Secret of a node that has secrets in its configuration."""
        node = self._args.node
        if not secret_values(node.workload, marked=node.marked):
            return []
        manifest = build(plan, secret)
        content = _fields(manifest, "metadata", "type", "data")
        return [KubernetesObject(f"{self._pulumi_name}-config", "v1", "Secret", content, self._child)]

    def _deployment(self, manifest: pulumi.Output[dict[str, Any]], others: list[pulumi.Resource]) -> KubernetesObject:
        pool = self._args.pool
        needed = self._args.assignment.apply(
            lambda assignment: [self.resource, pool.identities[assignment.identity].volume, *pool.secrets, *others]
        )
        content = _fields(manifest, "metadata", "spec")
        # In another namespace too, the old node stops before the new one starts with the same keys.
        opts = pulumi.ResourceOptions(parent=self, depends_on=needed, delete_before_replace=True)
        return KubernetesObject(f"{self._pulumi_name}-deployment", "apps/v1", "Deployment", content, opts)

    def _summary(self, host: pulumi.Input[str], ports: pulumi.Output[NodePorts]) -> dict[str, pulumi.Input[Any]]:
        pool = self._args.pool
        identity = self._args.assignment.apply(lambda assignment: assignment.identity)
        public_data = identity.apply(lambda name: pool.identities[name].public_data)
        balances = identity.apply(lambda name: pool.identities[name].balances)
        return {
            "identity": identity,
            **{field: public_data[field] for field in ("peerId", "nativeAddress", "safeAddress", "moduleAddress")},
            "host": host,
            "port": ports.apply(lambda ports: ports.p2p),
            "version": self._args.node.workload.version,
            **{token: balances[token] for token in ("xdai", "wxhopr")},
        }


def _fields(manifest: pulumi.Output[dict[str, Any]], *names: str) -> dict[str, pulumi.Output[Any]]:
    """The fields as outputs of their own, since a resource needs to know which fields it has."""
    return {name: manifest[name] for name in names}


def _ports(service_type: str, assignment: Assignment, count: int) -> NodePorts:
    """The assigned block of the shared range, or fixed ports for a node with its own address."""
    if service_type == "ClusterIP":
        return NodePorts(assignment.first_port, assignment.ports)
    return NodePorts(names.LOAD_BALANCER_P2P_PORT, count)


def _assigned_address(observed: Any) -> str:
    """The address of a load balancer; Pulumi waits until it has one."""
    assigned = observed["loadBalancer"]["ingress"][0]
    return str(assigned.get("ip") or assigned["hostname"])
