"""The desired pool: its policy, and each identity with the addresses that follow from its node and deployer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Self

from eth_utils.address import to_checksum_address
from pydantic import ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as validated_dataclass

from config.models.networks import Contracts, Network
from config.models.pools import Pool
from identity.evm.addresses import module_address, operator_address, safe_address
from identity.evm.contracts import UNLIMITED_WEI

Wei = Annotated[int, PlainSerializer(str, when_used="json")]
"""An amount in wei, a decimal string in JSON: JSON numbers are exact to 53 bits only."""


@validated_dataclass(
    frozen=True, config=ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True)
)
class Policy:
    """The on-chain settings that all identities of a pool share; in JSON the keys are camelCase."""

    owners: tuple[str, ...]
    threshold: int
    allowance_wei: Wei
    node_xdai_wei: Wei
    node_xdai_minimum_wei: Wei
    safe_wxhopr_wei: Wei
    safe_wxhopr_minimum_wei: Wei
    register_nodes: bool

    @classmethod
    def of(cls, pool: Pool, wallet: str) -> Self:
        """Return the policy of a pool's configuration; without admins, the wallet is the only owner."""
        allowance, balances = pool.safe.allowance, pool.balances
        return cls(
            owners=tuple(pool.safe.admins) or (wallet,),
            threshold=pool.safe.threshold,
            allowance_wei=UNLIMITED_WEI if allowance == "unlimited" else allowance.wei,
            node_xdai_wei=balances.node_xdai.wei,
            node_xdai_minimum_wei=balances.node_xdai_minimum.wei,
            safe_wxhopr_wei=balances.safe_wxhopr.wei,
            safe_wxhopr_minimum_wei=balances.safe_wxhopr_minimum.wei,
            register_nodes=pool.register_nodes,
        )


@dataclass(frozen=True)
class DesiredIdentity:
    """One identity: its node, and the addresses of its Safe and module, whether or not they exist yet.

    The Safe's address commits to `deployer`. A `trusted` Safe was created elsewhere, and its address commits to nobody
    (`provenance`): the program completes and funds it, but never creates it.
    """

    name: str
    node: str
    deployer: str
    safe: str
    module: str
    trusted: bool = False

    @classmethod
    def predict(cls, name: str, node: str, deployer: str, network: Network) -> Self:
        """Return the identity of this node, with the addresses that `identity.evm.addresses` derives."""
        safe = safe_address(deployer, network.name, network.chain_id, node)
        implementation = network.contracts.module_implementation
        module = module_address(safe, implementation, network.name, network.chain_id, node)
        return cls(name, node, deployer, safe, module)

    def at(self, safe: str, module: str) -> Self:
        """Return the same identity with an existing, trusted Safe and module."""
        return replace(self, safe=to_checksum_address(safe), module=to_checksum_address(module), trusted=True)


@dataclass(frozen=True)
class DesiredPool:
    """A whole pool: the wallet that pays and signs, the network, the policy and the identities."""

    network: Network
    wallet: str
    policy: Policy
    identities: tuple[DesiredIdentity, ...]
    previous_wallet: str | None = None
    """The previous wallet, which signs for the Safes that it has not handed over yet."""

    @classmethod
    def of(
        cls,
        network: Network,
        wallet: str,
        policy: Policy,
        nodes: Mapping[str, str],
        *,
        deployers: Mapping[str, str] | None = None,
        previous_wallet: str | None = None,
        existing: Mapping[str, tuple[str, str]] | None = None,
    ) -> Self:
        """Return the pool with these nodes (identity name to native address), in the given order.

        `deployers` has the deployer of each Safe that the current wallet did not create; `existing` has the Safe and
        module of each identity whose Safe was created elsewhere and is trusted.
        """
        known_deployers, trusted = deployers or {}, existing or {}
        predicted = [
            DesiredIdentity.predict(name, to_checksum_address(node), known_deployers.get(name, wallet), network)
            for name, node in nodes.items()
        ]
        identities = tuple(one.at(*trusted[one.name]) if one.name in trusted else one for one in predicted)
        return cls(network, wallet, policy, identities, previous_wallet)

    def only(self, names: Collection[str]) -> Self:
        """Return the pool with only the identities of these names."""
        return replace(self, identities=tuple(one for one in self.identities if one.name in names))

    def sole_signer(self, owners: Collection[str], threshold: int) -> str | None:
        """Return the wallet that alone can sign for such a Safe: the wallet, else the previous one, else None."""
        candidates = (wallet for wallet in (self.wallet, self.previous_wallet) if wallet in owners)
        return next(candidates, None) if threshold == 1 else None

    @property
    def contracts(self) -> Contracts:
        """The addresses of the network's contracts."""
        return self.network.contracts

    @property
    def operator(self) -> str:
        """The address of the wallet's operator Safe, which pays wxHOPR to many Safes in one transaction."""
        return operator_address(self.wallet, self.network.chain_id)
