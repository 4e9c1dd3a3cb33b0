"""Clusters, single nodes, and the settings of their containers."""

from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, Field

from config.models.containers import EnvVars, ReadinessProbe, Resources, RestartingProbe
from config.models.environment import LONGEST_VARIABLE
from config.models.limited_yaml import compose, duplicate_key
from config.models.model import Model
from config.models.names import ImageTag, Name
from config.models.scalars import broken, contradicts
from config.models.yaml_error import invalid_yaml

MAX_REPLICAS = 200
MAX_PORTS_ALLOCATION = 200


def _yaml_mapping(text: str) -> str:
    if (size := len(text.encode(errors="replace"))) > LONGEST_VARIABLE:
        raise contradicts(
            f"has {size:,} bytes, at most {LONGEST_VARIABLE:,} are allowed, because the node's pod reads it from an "
            "environment variable; shorten it"
        )
    try:
        # Composed and not constructed, because hoprd's configuration has its own tags, such as !AutoFunding.
        node = compose(text)
    except yaml.YAMLError as error:
        raise broken(invalid_yaml(error, text)) from None
    if not isinstance(node, yaml.MappingNode):
        raise broken("is YAML, but not a mapping")
    if duplicate := duplicate_key(node):
        raise contradicts(f"has the key {duplicate} twice, which hoprd refuses; keep one")
    return text


HoprdConfig = Annotated[str, AfterValidator(_yaml_mapping), Field(examples=["hopr: {}"])]


class ServiceSettings(Model):
    """How a node is reachable from outside the cluster."""

    type: Literal["ClusterIP", "LoadBalancer"] = "ClusterIP"
    """ClusterIP: ports of the ingress controller's load balancer. LoadBalancer: an address for each node."""


class DeploymentSettings(Model):
    """Overrides for a node's container. Each may be a string of YAML, as in the custom resources."""

    env: EnvVars | None = None
    """Environment variables, as in a Kubernetes container."""
    resources: Resources | None = None
    """CPU and memory, as in a Kubernetes container."""
    startup_probe: RestartingProbe | None = None
    """Startup probe, as in a Kubernetes container."""
    liveness_probe: RestartingProbe | None = None
    """Liveness probe, as in a Kubernetes container."""
    readiness_probe: ReadinessProbe | None = None
    """Readiness probe, as in a Kubernetes container."""


class Workload(Model):
    """Settings that a cluster and a single node share."""

    pool: Name = Field(examples=["hoprd-core"])
    """The pool that provides the identities. It cannot change."""
    config: HoprdConfig
    """Configuration of hoprd, a string of YAML."""
    version: ImageTag
    """Tag of the hoprd image."""
    supported_release: Literal["saint-louis", "kaunas"] = Field(examples=["saint-louis"])
    """Release line of the version."""
    enabled: bool = True
    """False stops the nodes and keeps everything else."""
    service: ServiceSettings = ServiceSettings()
    """How the nodes are reachable."""
    deployment: DeploymentSettings = DeploymentSettings()
    """Environment, resources and probes."""
    ports_allocation: int = Field(default=10, ge=1, le=MAX_PORTS_ALLOCATION, examples=[10])
    """Ports of each node: one for p2p, the others for sessions."""


class Cluster(Workload):
    """Nodes with one configuration: `<cluster>-1` … `<cluster>-<replicas>`."""

    replicas: int = Field(ge=0, le=MAX_REPLICAS, examples=[5])
    """Number of nodes."""
    force_identity_name: bool = False
    """Node n uses identity `<pool>-<n>` instead of any free identity."""

    def node_names(self, cluster_name: str) -> tuple[str, ...]:
        """The names of the nodes, in order."""
        return tuple(f"{cluster_name}-{number}" for number in range(1, self.replicas + 1))


class Node(Workload):
    """A single node, outside any cluster."""

    identity_name: Name | None = Field(default=None, examples=["hoprd-core-7"])
    """The identity that the node uses; by default any free one. It cannot change once it is set."""
    delete_database: bool = False
    """True deletes the node's index database once."""
