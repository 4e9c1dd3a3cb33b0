"""The keys of a `Pulumi.<stack>.yaml`: each field is `hoprd:<field>`."""

from pydantic import Field

from config.models.chain import ChainSettings
from config.models.clusters import Cluster, Node
from config.models.escrow import Escrow
from config.models.model import Model
from config.models.names import Name
from config.models.networks import NetworkEntry
from config.models.platform import Platform
from config.models.pools import Pool
from config.models.spending import Spending
from config.models.wallet import Wallet

NAMESPACE = "hoprd"


class StackFile(Model):
    """Configuration of one stack."""

    network: Name = Field(examples=["rotsee"])
    """The HOPR network: rotsee, dufour, or a custom network under hoprd:networks."""
    networks: dict[Name, NetworkEntry] = Field(default_factory=dict)
    """Custom networks by name: chain id and contract addresses."""
    chain: ChainSettings
    """RPC endpoint, fees, confirmations."""
    wallet: Wallet
    """The account that signs and pays, and the nodes' passwords. Set each with `pulumi config set --secret --path`."""
    spending: Spending = Spending()
    """The run budget, and the reserve of the wallet."""
    escrow: Escrow = Escrow()
    """A second copy of the identity files, outside the Pulumi state."""
    platform: Platform
    """Namespace, ingress, ports, storage, images, monitoring."""
    pools: dict[Name, Pool]
    """Identity pools by name."""
    clusters: dict[Name, Cluster] = Field(default_factory=dict)
    """Clusters of nodes by name."""
    nodes: dict[Name, Node] = Field(default_factory=dict)
    """Single nodes by name."""
