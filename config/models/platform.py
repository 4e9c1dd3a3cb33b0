"""Settings of the Kubernetes cluster: namespace, ingress, ports, storage, images, monitoring."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from config.models.model import Model
from config.models.names import Annotations, DnsDomain, Image, IpV4, NamespaceName, ObjectName, Repository
from config.models.quantities import VolumeSize
from config.models.scalars import HttpUrl, broken, contradicts

DEVNET_CONTEXT = "devnet"
"""The context of devnet's kubeconfig: a development cluster, whose nodes nobody outside reaches."""
_REGISTRY = "europe-west3-docker.pkg.dev/hoprassociation/docker-images"


_OF_KUBERNETES = ("kube-system", "kube-public", "kube-node-lease")
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"


class PortRange(Model):
    """Ports of the ingress controller's load balancer that nodes may use; both ends are included."""

    min: int = Field(default=9000, ge=1, le=65535, examples=[9000])
    """First port."""
    max: int = Field(default=10000, ge=1, le=65535, examples=[10000])
    """Last port."""

    @field_validator("max")
    @classmethod
    def _check_order(cls, last: int, info: ValidationInfo) -> int:
        first = info.data.get("min")
        if first is not None and last < first:
            raise contradicts(f"is less than min ({first})")
        return last

    @property
    def size(self) -> int:
        """The number of ports."""
        return self.max - self.min + 1


class Ingress(Model):
    """The ingress controller, which publishes the nodes' APIs and the ports of ClusterIP nodes."""

    class_name: ObjectName = Field(default="nginx", examples=["nginx"])
    """Ingress class."""
    dns_domain: DnsDomain
    """DNS domain; the host name of a node is `<node>.<namespace>.<dnsDomain>`."""
    load_balancer_ip: IpV4
    """Public address of the controller's load balancer. ClusterIP nodes announce it."""
    namespace: NamespaceName = Field(default="ingress-nginx", examples=["ingress-nginx"])
    """Namespace of the controller."""
    deployment: ObjectName = Field(default="ingress-nginx-controller", examples=["ingress-nginx-controller"])
    """The controller's Deployment. The program changes it only with `openPorts`."""
    annotations: Annotations = Field(default_factory=dict)
    """Annotations of each node's Ingress."""
    tcp_config_map: ObjectName = Field(default="ingress-nginx-tcp", examples=["ingress-nginx-tcp"])
    """The ConfigMap with the controller's TCP port map."""
    udp_config_map: ObjectName = Field(default="ingress-nginx-udp", examples=["ingress-nginx-udp"])
    """The ConfigMap with the controller's UDP port map."""
    ports: PortRange = PortRange()
    """The range from which nodes get their port blocks."""
    open_ports: bool = False
    """Add the port range to the container ports of the controller's Deployment. The ports stay open after that."""

    @field_validator("annotations")
    @classmethod
    def _check_class(cls, annotations: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        class_name = info.data.get("class_name")
        if class_name is not None and annotations.get(_CLASS_ANNOTATION, class_name) != class_name:
            raise contradicts(f"has {_CLASS_ANNOTATION}, which is not className ('{class_name}'); remove it")
        return annotations

    @field_validator("udp_config_map")
    @classmethod
    def _check_maps_differ(cls, udp: str, info: ValidationInfo) -> str:
        if udp == info.data.get("tcp_config_map"):
            raise contradicts("is already the TCP port map; name a different ConfigMap for UDP")
        return udp


class Persistence(Model):
    """The volume of each identity's database."""

    storage_class: ObjectName | None = Field(default=None, examples=["standard-rwo"])
    """Storage class; the cluster's default if it is not set."""
    size: VolumeSize = "4Gi"
    """Size of each volume."""


class Images(Model):
    """Container images. Change them to use a mirror."""

    hoprd: Repository = f"{_REGISTRY}/hoprd"
    """hoprd, without a tag: a node's `version` is the tag."""
    metrics: Image = f"{_REGISTRY}/hoprd-operator-metrics:latest"
    """The sidecar that serves a node's metrics without a token."""
    hopli: Image = f"{_REGISTRY}/hopli:latest"
    """hopli, which tops up nodes in the funding job; it pays only xDai."""
    top_up: Image | None = Field(default=None, examples=["registry.example.org/hoprd-top-up:1.0.0"])
    """This program's image (Dockerfile). It replaces hopli and tops up as `pulumi up` does, wxHOPR included."""
    init: Image = "docker.io/library/alpine:3.22"
    """The init container, which writes a node's files and restores a snapshot. Needs a shell, wget and tar."""


def _own_namespace(name: str) -> str:
    if name in _OF_KUBERNETES:
        raise broken("is a namespace of Kubernetes itself; choose another one")
    return name


class Platform(Model):
    """Cluster settings that all pools and nodes share."""

    namespace: Annotated[NamespaceName, AfterValidator(_own_namespace)] = Field(examples=["hoprd"])
    """Namespace of all resources."""
    create_namespace: bool = True
    """Create the namespace if it does not exist. One that exists is used as it is, and a destroy leaves it."""
    kube_context: str | None = Field(default=None, min_length=1, examples=["gke-staging"])
    """Context of the kubeconfig; the current context by default."""
    install_crds: bool = True
    """Create the custom resource definitions. Those of other programs are used as they are; False: never create any."""
    ingress: Ingress
    """Ingress controller, domain and ports."""
    persistence: Persistence = Persistence()
    """The nodes' volumes."""
    images: Images = Images()
    """Container images."""
    snapshot_url: HttpUrl | None = Field(default=None, examples=["https://storage.googleapis.com/hoprd-snapshots"])
    """URL under which a new node finds `hopr_logs.tar.gz`. By default, nodes index from scratch."""
    deployment_timeout_s: int = Field(default=600, ge=1, le=86_400, examples=[600])
    """Seconds within which a node must become ready."""
    monitoring: bool = True
    """Create ServiceMonitor objects (requires the definitions of the Prometheus operator)."""
    alerts: bool = False
    """Reserved for a PrometheusRule with alerts, which the program does not create yet."""

    @property
    def is_devnet(self) -> bool:
        """Whether the cluster is devnet."""
        return self.kube_context == DEVNET_CONTEXT
