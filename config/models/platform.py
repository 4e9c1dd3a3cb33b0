"""What the cluster offers and what the program puts into it: namespace, ingress, ports, storage, images, monitoring."""

from pydantic import Field, ValidationInfo, field_validator

from config.models.model import Model
from config.models.names import DnsDomain, Image, IpV4, Name, ObjectName, Quantity, Repository
from config.models.scalars import HttpUrl, contradicts

_REGISTRY = "europe-west3-docker.pkg.dev/hoprassociation/docker-images"


class PortRange(Model):
    """Ports of the ingress controller's load balancer that nodes may use, both ends included."""

    min: int = Field(default=9000, ge=1, le=65535, examples=[9000])
    """First port."""
    max: int = Field(default=10000, ge=1, le=65535, examples=[10000])
    """Last port."""

    @field_validator("max")
    @classmethod
    def _not_before_the_first(cls, last: int, info: ValidationInfo) -> int:
        first = info.data.get("min")
        if first is not None and last < first:
            raise contradicts(f"is below 'min' ({first})")
        return last

    @property
    def size(self) -> int:
        """How many ports there are."""
        return self.max - self.min + 1


class Ingress(Model):
    """The ingress controller that publishes the nodes' APIs and, for ClusterIP nodes, their ports."""

    class_name: str = Field(default="nginx", min_length=1, examples=["nginx"])
    """Ingress class."""
    dns_domain: DnsDomain
    """Hosts are `<node>.<namespace>.<dnsDomain>`."""
    load_balancer_ip: IpV4
    """Public address of the controller's load balancer: what ClusterIP nodes announce."""
    namespace: Name = Field(default="ingress-nginx", examples=["ingress-nginx"])
    """Namespace of the controller."""
    deployment: ObjectName = Field(default="ingress-nginx-controller", examples=["ingress-nginx-controller"])
    """The controller's Deployment; touched only with `openPorts`."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Annotations of each node's Ingress."""
    tcp_config_map: ObjectName = Field(default="ingress-nginx-tcp", examples=["ingress-nginx-tcp"])
    """The controller's map of TCP ports."""
    udp_config_map: ObjectName = Field(default="ingress-nginx-udp", examples=["ingress-nginx-udp"])
    """The controller's map of UDP ports."""
    ports: PortRange = PortRange()
    """Range that node ports are taken from."""
    open_ports: bool = False
    """Add the range's container ports to the controller's Deployment."""

    @field_validator("udp_config_map")
    @classmethod
    def _not_the_tcp_map(cls, udp: str, info: ValidationInfo) -> str:
        if udp == info.data.get("tcp_config_map"):
            raise contradicts("is the map of TCP ports already, UDP needs its own")
        return udp


class Persistence(Model):
    """The volume of each identity's database."""

    storage_class: ObjectName | None = Field(default=None, examples=["standard-rwo"])
    """Storage class; the cluster's default when not given."""
    size: Quantity = "4Gi"
    """Size of each volume."""


class Images(Model):
    """Container images; change them to use a mirror."""

    hoprd: Repository = f"{_REGISTRY}/hoprd"
    """The node, without a tag: each node's `version` is the tag."""
    metrics: Image = f"{_REGISTRY}/hoprd-operator-metrics:latest"
    """Sidecar that serves the node's metrics without a token."""
    hopli: Image = f"{_REGISTRY}/hopli:latest"
    """Tops up nodes in the funding job, with xDai alone."""
    top_up: Image | None = Field(default=None, examples=["registry.example.org/hoprd-top-up:1.0.0"])
    """This program's own image (Dockerfile): tops up in hopli's place, as `pulumi up` does, wxHOPR too."""
    kubectl: Image = "docker.io/alpine/kubectl:1.34.1"
    """Lists the pool's identities in the funding job; needs a shell."""
    init: Image = "docker.io/library/alpine:3.22"
    """Writes a node's identity file and configuration and restores a snapshot; needs a shell, wget and tar."""


class Platform(Model):
    """Everything about the cluster that is the same for all pools and nodes."""

    namespace: Name = Field(examples=["hoprd"])
    """Namespace of all resources."""
    create_namespace: bool = True
    """False if the namespace is there already."""
    kube_context: str | None = Field(default=None, min_length=1, examples=["gke-staging"])
    """Context of the kubeconfig; the current one by default."""
    install_crds: bool = True
    """False if the custom resource definitions are there already."""
    ingress: Ingress
    """Ingress controller, domain and ports."""
    persistence: Persistence = Persistence()
    """The nodes' volumes."""
    images: Images = Images()
    """Container images."""
    snapshot_url: HttpUrl | None = Field(default=None, examples=["https://storage.googleapis.com/hoprd-snapshots"])
    """Where a new node finds `hopr_logs.tar.gz`; nodes index from scratch by default."""
    deployment_timeout_s: int = Field(default=600, ge=1, le=86_400, examples=[600])
    """Seconds a node may take to become ready."""
    monitoring: bool = True
    """Make ServiceMonitor objects (needs the Prometheus operator's definitions)."""
    alerts: bool = False
    """Reserved for the PrometheusRule with the alerts, which the program does not make yet."""
