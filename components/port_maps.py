"""The ports of the ingress controller, which other tenants use too; the allocation publishes the entries of nodes."""

from typing import Any

import pulumi
from pulumi_kubernetes.apps import v1 as apps

from components.manifests import names
from components.manifests.metadata import SKIP_AWAIT
from components.manifests.ports import ingress_controller_ports
from config.models.platform import Ingress


class PortMaps(pulumi.ComponentResource):
    """Open the port range on the controller's Deployment, if configured, after the ports are allocated."""

    def __init__(
        self, name: str, ingress: Ingress, claim: pulumi.Resource, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hoprd:index:PortMaps", name, None, opts)
        if ingress.open_ports:
            # One change of the controller's pods for the whole range, instead of one for each node.
            ports = ingress_controller_ports(ingress.ports.min, ingress.ports.max)
            template: Any = {"spec": {"containers": [{"name": names.INGRESS_CONTROLLER_CONTAINER, "ports": ports}]}}
            apps.DeploymentPatch(
                f"{name}-controller",
                metadata={"name": ingress.deployment, "namespace": ingress.namespace, "annotations": SKIP_AWAIT},
                spec={"template": template},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[claim]),
            )
        self.register_outputs({"configMaps": [ingress.tcp_config_map, ingress.udp_config_map]})
