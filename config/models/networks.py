"""HOPR networks: their chain id and the addresses of their contracts."""

from pydantic import Field

from config.models.model import Model
from config.models.scalars import Address, HttpUrl


class Contracts(Model):
    """Contract addresses of one network. Safe 1.4.1 and Multicall3 have the same addresses on every chain."""

    token: Address
    """wxHOPR, the ERC-20 and ERC-777 token that the Safes hold."""
    channels: Address
    """Payment channels. Each Safe allows this contract to spend its wxHOPR."""
    announcements: Address
    """The contract on which nodes announce their public addresses."""
    module_implementation: Address
    """The node-management module; each identity's module is a clone of it."""
    network_registry: Address
    """The network registry: which nodes may take part in the network."""
    network_registry_proxy: Address
    """The contract that decides which Safes are eligible."""
    node_safe_registry: Address
    """The Safe registry: which Safe a node is bound to."""
    node_stake_factory: Address | None = None
    """HOPR's factory of Safes. The program does not use it to create identities."""
    ticket_price_oracle: Address | None = None
    """The oracle of the ticket price, which the nodes read."""
    winning_probability_oracle: Address | None = None
    """The oracle of the minimum winning probability, which nodes read since hoprd 2.2."""


class NetworkEntry(Model):
    """A custom network under `hoprd:networks`."""

    chain_id: int = Field(ge=1, le=2**53 - 1, examples=[100])
    """Chain id. The program checks it against the RPC endpoint before it sends anything."""
    contracts: Contracts
    """Addresses of the network's contracts."""
    provider: HttpUrl | None = Field(default=None, examples=["https://rpc.gnosischain.com"])
    """RPC endpoint of the nodes. Their configuration shows it, so one with a key belongs into hopr.chain.provider."""
    indexer_start_block: int = Field(default=0, ge=0, le=2**32 - 1, examples=[0])
    """The block from which the nodes index: that of the first of the network's contracts."""


class Network(NetworkEntry):
    """A network with its name, which is HOPRD_NETWORK in the nodes."""

    name: str


_WXHOPR = "0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1"

BUILT_IN: dict[str, NetworkEntry] = {
    "rotsee": NetworkEntry(
        chain_id=100,
        contracts=Contracts(
            token=_WXHOPR,
            channels="0x77C9414043d27fdC98A6A2d73fc77b9b383092a7",
            announcements="0xf1c143B1bA20C7606d56aA2FA94502D25744b982",
            module_implementation="0x32863c4974fBb6253E338a0cb70C382DCeD2eFCb",
            network_registry="0x15a315E1320cFF0de84671c0139042EE320CE38d",
            network_registry_proxy="0x20559cbD3C2eDcD0b396431226C00D2Cd102eB3F",
            node_safe_registry="0x4F7C7dE3BA2B29ED8B2448dF2213cA43f94E45c0",
            node_stake_factory="0x791d190b2c95397F4BcE7bD8032FD67dCEA7a5F2",
        ),
    ),
    "dufour": NetworkEntry(
        chain_id=100,
        contracts=Contracts(
            token=_WXHOPR,
            channels="0x693Bac5ce61c720dDC68533991Ceb41199D8F8ae",
            announcements="0x619eabE23FD0E2291B50a507719aa633fE6069b8",
            module_implementation="0xB7397C218766eBe6A1A634df523A1a7e412e67eA",
            network_registry="0x582b4b586168621dAf83bEb2AeADb5fb20F8d50d",
            network_registry_proxy="0x2bc6b78B0aA892e97714F0e3b1c74487f92C5884",
            node_safe_registry="0xe15C24a0910311c83aC78B5930d771089E93077b",
            node_stake_factory="0x098B275485c406573D042848D66eb9d63fca311C",
        ),
    ),
}
