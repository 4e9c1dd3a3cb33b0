"""The example of the golden files as settings and plans: a pool of 7 identities and a cluster of 5 nodes."""

from typing import Any

from pydantic import SecretStr

from components.manifests import names
from components.manifests.metadata import owner_reference
from components.manifests.node import NodePlan
from components.manifests.pool import PoolPlan
from components.manifests.ports import NodePorts
from config.models.chain import ChainSettings
from config.models.clusters import Cluster, DeploymentSettings, Node, ServiceSettings
from config.models.networks import BUILT_IN, Network
from config.models.platform import Ingress, Persistence, Platform
from config.models.pools import Funding, Pool
from config.models.scalars import Amount
from config.models.settings import Settings
from config.models.wallet import Wallet

UID = "5f1f0e54-9d0e-4c5e-a3fb-0a5b1e0f0a11"
POOL_NAME = "hoprd-core-rotsee"
CLUSTER_NAME = "core-rotsee"
NAMESPACE = "rotsee"

ROTSEE = Network(name="rotsee", **dict(BUILT_IN["rotsee"]))
POOL = Pool(size=7, funding=Funding(schedule="0 */6 * * *", native_amount=Amount("0.1")))
PLATFORM = Platform(
    namespace=NAMESPACE,
    ingress=Ingress(
        dns_domain="staging.hoprnet.link",
        load_balancer_ip="203.0.113.10",
        annotations={"cert-manager.io/cluster-issuer": "letsencrypt"},
    ),
    persistence=Persistence(storage_class="standard-rwo"),
    snapshot_url="https://snapshots.example.org/rotsee/",
)
WITH_OWN_IMAGE = PLATFORM.images.model_copy(update={"top_up": "registry.example.org/hoprd-top-up:1.0.0"})
CONFIG = "hopr:\n  network: rotsee\n  note: costs $(5) & 'more'\n"
CLUSTER = Cluster(
    pool=POOL_NAME, replicas=5, config=CONFIG, version="2.2.3", supported_release="saint-louis", ports_allocation=3
)
TUNED_NODE = Node(
    pool=POOL_NAME,
    config=CONFIG,
    version="3.0.2",
    supported_release="kaunas",
    enabled=False,
    identity_name=f"{POOL_NAME}-7",
    service=ServiceSettings(type="LoadBalancer"),
    deployment=DeploymentSettings(
        env=[{"name": "RUST_LOG", "value": "debug"}, {"name": "EXTRA", "value": "1"}],
        resources={"requests": {"cpu": "1"}},
        startup_probe={"httpGet": {"path": "/startedz", "port": 3001}, "failureThreshold": 900},
    ),
    ports_allocation=1,
)
PUBLIC_DATA = {
    "peerId": "12D3KooWAHKSyXp3QJYqd6Zb23C2mDcHBp6NhUpeub6hPSsFfsYf",
    "nativeAddress": "0x05801834Fd089aFe070dAB49B2111B92A4725893",
    "safeAddress": "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69",
    "moduleAddress": "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75",
}


def pool_plan() -> PoolPlan:
    """The pool, with its IdentityPool as the owner."""
    return PoolPlan(POOL_NAME, "rotsee", NAMESPACE, owner_reference(names.POOL_KIND, POOL_NAME, UID))


def cluster_node(**changes: Any) -> NodePlan:
    """The first node of the cluster."""
    name = f"{CLUSTER_NAME}-1"
    values: dict[str, Any] = {
        "name": name,
        "workload": CLUSTER,
        "cluster_name": CLUSTER_NAME,
        "network": "rotsee",
        "platform": PLATFORM,
        "secret_name": names.wallet_secret(POOL_NAME),
        "identity_name": f"{POOL_NAME}-1",
        "identity": PUBLIC_DATA,
        "ports": NodePorts(9000, 3),
        "owner": owner_reference(names.NODE_KIND, name, UID),
    }
    return NodePlan(**{**values, **changes})


def single_node(**changes: Any) -> NodePlan:
    """A disabled single node with its own load balancer and all overrides."""
    overrides: dict[str, Any] = {
        "name": "tuned",
        "workload": TUNED_NODE,
        "cluster_name": None,
        "identity_name": f"{POOL_NAME}-7",
        "ports": NodePorts(names.LOAD_BALANCER_P2P_PORT, 1),
        "owner": owner_reference(names.NODE_KIND, "tuned", UID),
    }
    return cluster_node(**{**overrides, **changes})


def settings(**changes: Any) -> Settings:
    """Settings of a stack with the pool, the cluster, no single nodes and fake secrets."""
    values: dict[str, Any] = {
        "stack": "test",
        "network": ROTSEE,
        "chain": ChainSettings(rpc_url=SecretStr("https://rpc.example.org/planted-rpc-key")),
        "wallet": Wallet(
            private_key=SecretStr("0x" + "11" * 32),
            identity_password=SecretStr("planted-password"),
            api_token=SecretStr("planted-token"),
        ),
        "platform": PLATFORM,
        "pools": {POOL_NAME: POOL},
        "clusters": {CLUSTER_NAME: CLUSTER},
        "nodes": {},
    }
    return Settings(**{**values, **changes})
