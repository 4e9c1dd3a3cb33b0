"""Nodes: clusters of them and single ones, and what their containers get."""

from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, Field

from config.models.containers import EnvVars, Probe, Resources
from config.models.model import Model
from config.models.names import ImageTag, Name
from config.models.scalars import broken

MAX_REPLICAS = 200
MAX_PORTS_ALLOCATION = 200


def _yaml_mapping(text: str) -> str:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)  # not loaded: hoprd has tags of its own, such as !AutoFunding
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise broken(f"is not YAML{where}") from None
    if not isinstance(node, yaml.MappingNode):
        raise broken("is YAML but not a mapping")
    return text


HoprdConfig = Annotated[str, AfterValidator(_yaml_mapping), Field(examples=["hopr: {}"])]


class ServiceSettings(Model):
    """How a node is reached from outside."""

    type: Literal["ClusterIP", "LoadBalancer"] = "ClusterIP"
    """ClusterIP: ports of the ingress controller's load balancer; LoadBalancer: an address of its own."""


class DeploymentSettings(Model):
    """What a node's container gets instead of the defaults; each may be YAML text, as in the custom resources."""

    env: EnvVars | None = None
    """Environment variables, as in a Kubernetes container."""
    resources: Resources | None = None
    """CPU and memory, as in a Kubernetes container."""
    startup_probe: Probe | None = None
    """Startup probe, as in a Kubernetes container."""
    liveness_probe: Probe | None = None
    """Liveness probe, as in a Kubernetes container."""
    readiness_probe: Probe | None = None
    """Readiness probe, as in a Kubernetes container."""


class Workload(Model):
    """What a cluster's nodes and a single node have in common."""

    pool: Name = Field(examples=["hoprd-core"])
    """The pool its identities come from; never changes."""
    config: HoprdConfig
    """hoprd's own configuration, YAML text."""
    version: ImageTag
    """Tag of the hoprd image."""
    supported_release: Literal["saint-louis", "kaunas"] = Field(examples=["saint-louis"])
    """Release line that the version belongs to."""
    enabled: bool = True
    """False stops the nodes and keeps everything else."""
    service: ServiceSettings = ServiceSettings()
    """How the nodes are reached."""
    deployment: DeploymentSettings = DeploymentSettings()
    """Environment, resources and probes."""
    ports_allocation: int = Field(default=10, ge=1, le=MAX_PORTS_ALLOCATION, examples=[10])
    """Ports each node gets: one for p2p, the rest for sessions."""


class Cluster(Workload):
    """Nodes of one kind: `<cluster>-1` … `<cluster>-<replicas>`."""

    replicas: int = Field(ge=0, le=MAX_REPLICAS, examples=[5])
    """How many nodes."""
    force_identity_name: bool = False
    """Node n uses identity `<pool>-<n>` instead of any that is free."""

    def node_names(self, cluster_name: str) -> tuple[str, ...]:
        """Names of the nodes of this cluster, in order."""
        return tuple(f"{cluster_name}-{number}" for number in range(1, self.replicas + 1))


class Node(Workload):
    """One node of its own."""

    identity_name: Name | None = Field(default=None, examples=["hoprd-core-7"])
    """The identity it uses; any that is free by default. Never changes once set."""
    delete_database: bool = False
    """True wipes the node's index database once."""
