"""Services of a node, and the Ingress of its API."""

from typing import Any

from components.manifests import labels, names
from components.manifests.metadata import SKIP_AWAIT, Later
from components.manifests.node import NodePlan

_HOSTNAME = "external-dns.alpha.kubernetes.io/hostname"


def service(node: NodePlan) -> dict[str, Any]:
    """The Service inside the cluster: API, metrics and, for ClusterIP nodes, p2p and session ports."""
    shared = node.ports.of_service() if node.workload.service.type == "ClusterIP" else []
    ports = [
        {"name": "api", "port": names.API_PORT, "targetPort": "api", "protocol": "TCP"},
        {"name": "metrics", "port": names.METRICS_PORT, "targetPort": "metrics", "protocol": "TCP"},
        *shared,
    ]
    return _service(node, node.name, SKIP_AWAIT, {"type": "ClusterIP", "ports": ports})


def p2p_service(node: NodePlan, protocol: str, address: Later = None) -> dict[str, Any]:
    """The node's own load balancer for one protocol, at `address` if it is set.

    Not every platform supports both protocols in one Service, so the UDP Service requests the address of the TCP
    Service. Pulumi awaits the Service, because the node announces its address.
    """
    annotations = {_HOSTNAME: names.p2p_host(node.name, node.platform.namespace, node.platform.ingress.dns_domain)}
    spec = {
        "type": "LoadBalancer",
        "allocateLoadBalancerNodePorts": False,
        **({} if address is None else {"loadBalancerIP": address}),
        "ports": node.ports.of_service((protocol,)),
    }
    return _service(node, names.p2p_service(node.name, protocol), annotations, spec)


def ingress(node: NodePlan) -> dict[str, Any]:
    """The Ingress of the node's API, with TLS."""
    settings = node.platform.ingress
    backend = {"service": {"name": node.name, "port": {"name": "api"}}}
    path = {"path": "/", "pathType": "ImplementationSpecific", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": node.metadata(annotations={**settings.annotations, **SKIP_AWAIT}),
        "spec": {
            "ingressClassName": settings.class_name,
            "tls": [{"hosts": [node.hostname], "secretName": names.tls_secret(node.name)}],
            "rules": [{"host": node.hostname, "http": {"paths": [path]}}],
        },
    }


def _service(node: NodePlan, name: str, annotations: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": node.metadata(name, annotations),
        "spec": {**spec, "selector": labels.node_selector(node.name)},
    }
