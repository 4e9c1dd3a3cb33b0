"""The input of all manifests of one node."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.manifests import labels, names
from components.manifests.metadata import Later, metadata
from components.manifests.ports import NodePorts
from components.manifests.protocols import Protocols
from config.models.clusters import Workload
from config.models.platform import Platform


@dataclass(frozen=True)
class NodePlan:
    """A node, its identity, its ports and its owner.

    `identity` holds peerId, nativeAddress, safeAddress and moduleAddress of the identity `identity_name`.
    """

    name: str
    workload: Workload
    cluster_name: str | None
    network: str
    platform: Platform
    secret_name: str
    identity_name: str
    identity: Mapping[str, Later]
    ports: NodePorts
    owner: Mapping[str, Later]
    protocols: Protocols | None = None
    marked: bool = False
    """Pulumi knows the node's section of the configuration as secret."""

    @property
    def labels(self) -> dict[str, Any]:
        """Labels of the node's pods and Services."""
        known = labels.node(self.name, self.workload.pool, self.network, self.cluster_name)
        return labels.node_with_identity(known, self.identity)

    @property
    def configuration(self) -> str:
        """The configuration that the node reads: the one of its workload, with the network if hoprd needs that."""
        return self.protocols.configuration(self.workload) if self.protocols else self.workload.config

    @property
    def hostname(self) -> str:
        """Public DNS name of the node's API."""
        return names.api_host(self.name, self.platform.namespace, self.platform.ingress.dns_domain)

    @property
    def configuration_secret(self) -> str:
        """Name of the Secret with the secret parts of the configuration."""
        return names.configuration_secret(self.name)

    def metadata(self, name: str | None = None, annotations: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Metadata of one of the node's objects; the default name is the node's name."""
        return metadata(
            name or self.name, self.platform.namespace, self.labels, annotations=annotations, owner=self.owner
        )
