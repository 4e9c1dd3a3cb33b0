"""The ingress controller's port maps. Other tenants use them too, so the program reads and patches them.

All nodes of the stack share one patch for each protocol; its field manager owns exactly the entries of the stack. An
entry of another field manager is a conflict, and the API server reports that manager's name.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core

from components.manifests import names
from components.manifests.metadata import SKIP_AWAIT
from components.manifests.ports import PROTOCOLS, ingress_controller_ports
from config.models.platform import Ingress


class PortMaps(pulumi.ComponentResource):
    """Read both maps at once; `publish` adds the entries after the ports are allocated."""

    live: list[pulumi.Output[Mapping[str, str] | None]]
    """Current data of both maps, including entries of other tenants."""

    def __init__(self, name: str, ingress: Ingress, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:PortMaps", name, None, opts)
        self._pulumi_name = name
        self._ingress = ingress
        self._maps = dict(zip(PROTOCOLS, (ingress.tcp_config_map, ingress.udp_config_map), strict=True))
        self.live = [
            _LiveConfigMap(f"{name}-{protocol.lower()}-live", config_map, ingress.namespace, self).data
            for protocol, config_map in self._maps.items()
        ]
        if ingress.open_ports:
            self._open_ports()
        self.register_outputs({"configMaps": list(self._maps.values())})

    def publish(self, entries: pulumi.Input[Mapping[str, str]]) -> None:
        """Add the entries of all nodes to both maps."""
        for protocol, config_map in self._maps.items():
            core.ConfigMapPatch(
                f"{self._pulumi_name}-{protocol.lower()}",
                metadata={"name": config_map, "namespace": self._ingress.namespace},
                data=entries,
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _open_ports(self) -> None:
        """Open the whole range: one change of the controller's pods, instead of one for each node."""
        ports = ingress_controller_ports(self._ingress.ports.min, self._ingress.ports.max)
        container = {"name": names.INGRESS_CONTROLLER_CONTAINER, "ports": ports}
        template: Any = {"spec": {"containers": [container]}}
        apps.DeploymentPatch(
            f"{self._pulumi_name}-controller",
            metadata={
                "name": self._ingress.deployment,
                "namespace": self._ingress.namespace,
                "annotations": SKIP_AWAIT,
            },
            spec={"template": template},
            opts=pulumi.ResourceOptions(parent=self),
        )


class _LiveConfigMap(pulumi.CustomResource):
    """A ConfigMap that is read in each run.

    The SDK's `ConfigMap.get` reads without inputs; a refresh then adds inputs, and each `pulumi up` removes them.
    """

    data: pulumi.Output[Mapping[str, str] | None]

    def __init__(self, resource_name: str, name: str, namespace: str, parent: pulumi.Resource) -> None:
        props = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace},
            "data": None,
        }
        opts = pulumi.ResourceOptions(parent=parent, id=f"{namespace}/{name}")
        super().__init__("kubernetes:core/v1:ConfigMap", resource_name, props, opts)
