"""The ports of the ingress controller, which other tenants use too; the allocation publishes the entries of nodes."""

import pulumi

from components.kubernetes_object import KubernetesObject
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
            containers = [{"name": names.INGRESS_CONTROLLER_CONTAINER, "ports": ports}]
            metadata = {"name": ingress.deployment, "namespace": ingress.namespace, "annotations": SKIP_AWAIT}
            KubernetesObject(
                f"{name}-controller",
                "apps/v1",
                "Deployment",
                {"metadata": metadata, "spec": {"template": {"spec": {"containers": containers}}}},
                # Closing the ports would restart the controller of all tenants; Pulumi would even create a Deployment
                # that no longer exists. A port without an entry in the port maps leads nowhere.
                pulumi.ResourceOptions(parent=self, depends_on=[claim], retain_on_delete=True),
                patch=True,
            )
        self.register_outputs({"configMaps": [ingress.tcp_config_map, ingress.udp_config_map]})
