"""The Kubernetes names of this program."""

from config import cluster_names

GROUP = cluster_names.GROUP
VERSION = cluster_names.VERSION
API_VERSION = f"{GROUP}/{VERSION}"
FINALIZER = "hoprds.hoprnet.org/finalizer"

POOL_KIND = "IdentityPool"
IDENTITY_KIND = "IdentityHoprd"
CLUSTER_KIND = "ClusterHoprd"
NODE_KIND = "Hoprd"

API_PORT = 3001
METRICS_PORT = 8080
LOAD_BALANCER_P2P_PORT = 9091

NODE_CONTAINER = "hoprd"
METRICS_CONTAINER = "metrics"
INGRESS_CONTROLLER_CONTAINER = "controller"


def crd(plural: str) -> str:
    """Name of a CustomResourceDefinition; the API server requires `<plural>.<group>`."""
    return f"{plural}.{GROUP}"


identities_secret = cluster_names.identities_secret
wallet_secret = cluster_names.wallet_secret
funding = cluster_names.funding


def default_env_secret(pool: str) -> str:
    """The optional Secret with environment variables of all nodes of the pool. The program does not create it."""
    return f"{pool}-default-env"


def configuration_secret(node: str) -> str:
    """The Secret with the secret parts of a node's configuration."""
    return f"{node}-config"


def p2p_service(node: str, protocol: str) -> str:
    """The Service of one protocol (`TCP` or `UDP`) of a node behind its own load balancer."""
    return f"{node}-p2p-{protocol.lower()}"


def tls_secret(node: str) -> str:
    """The Secret with the certificate of the node's Ingress."""
    return f"{node}-tls"


def api_host(node: str, namespace: str, dns_domain: str) -> str:
    """Public DNS name of a node's API."""
    return f"{node}.{namespace}.{dns_domain}"


def p2p_host(node: str, namespace: str, dns_domain: str) -> str:
    """Public DNS name of a node's own load balancer."""
    return f"{node}-p2p.{namespace}.{dns_domain}"
