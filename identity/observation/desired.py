"""What a pool must be on chain: the policy, and each identity with the addresses that follow from it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self

from eth_utils.address import to_checksum_address

from config.models.networks import Contracts, Network
from config.models.pools import Pool
from config.models.settings import Settings
from identity.evm.addresses import module_address, operator_address, safe_address
from identity.evm.contracts import UNLIMITED_WEI


@dataclass(frozen=True)
class Policy:
    """What every identity of a pool must have; the names of amounts carry their unit."""

    owners: tuple[str, ...]
    threshold: int
    allowance_wei: int
    node_xdai_wei: int
    node_xdai_minimum_wei: int
    safe_wxhopr_wei: int
    safe_wxhopr_minimum_wei: int
    register_nodes: bool

    @classmethod
    def of(cls, pool: Pool, wallet: str) -> Self:
        """The policy that a pool's configuration asks for; no admins means the wallet alone."""
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
    """One identity: its node, and where its Safe and module are or will be.

    `founder` is the wallet that made the Safe or will make it: the Safe's address commits to it. A `trusted` Safe was
    made elsewhere and nothing commits it to anybody (`provenance`): it is finished and paid, but never made.
    """

    name: str
    node: str
    deployer: str
    safe: str
    module: str
    trusted: bool = False

    @classmethod
    def predict(cls, name: str, node: str, deployer: str, network: Network) -> Self:
        """The identity of this node, with the addresses that `identity.evm.addresses` derives."""
        safe = safe_address(deployer, network.name, network.chain_id, node)
        implementation = network.contracts.module_implementation
        module = module_address(safe, implementation, network.name, network.chain_id, node)
        return cls(name, node, deployer, safe, module)

    def at(self, safe: str, module: str) -> Self:
        """The same identity with a Safe and module that exist and are trusted."""
        return replace(self, safe=to_checksum_address(safe), module=to_checksum_address(module), trusted=True)


@dataclass(frozen=True)
class DesiredPool:
    """The whole pool: the wallet that pays and signs, the network, the policy and the identities."""

    network: Network
    wallet: str
    policy: Policy
    identities: tuple[DesiredIdentity, ...]
    previous_wallet: str | None = None
    """The wallet before, which still signs for the Safes it has not handed over."""

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
        """The pool with these nodes (identity name to native address), in the order given.

        `founders` names the wallet that made a Safe where that was not the present wallet; `existing` gives Safe and
        module of identities whose Safe was made elsewhere and is trusted.
        """
        made_by, given = deployers or {}, existing or {}
        predicted = [
            DesiredIdentity.predict(name, to_checksum_address(node), made_by.get(name, wallet), network)
            for name, node in nodes.items()
        ]
        identities = tuple(one.at(*given[one.name]) if one.name in given else one for one in predicted)
        return cls(network, wallet, policy, identities, previous_wallet)

    @classmethod
    def configured(
        cls, settings: Settings, pool_name: str, nodes: Mapping[str, str], deployers: Mapping[str, str]
    ) -> Self:
        """The pool as a stack's settings ask for it, with all its identities, also those to be retired."""
        pool, wallet = settings.pools[pool_name], settings.wallet
        return cls.of(
            settings.network,
            wallet.address,
            Policy.of(pool, wallet.address),
            nodes,
            deployers=deployers,
            previous_wallet=wallet.previous.address if wallet.previous else None,
            existing=pool.existing_safes,
        )

    def only(self, names: Collection[str]) -> Self:
        """The pool with these of its identities alone."""
        return replace(self, identities=tuple(one for one in self.identities if one.name in names))

    def signs_for(self, owners: Collection[str], threshold: int) -> str | None:
        """Which wallet of ours acts alone for a Safe of these owners: the present one, else the one before, or None."""
        able = (wallet for wallet in (self.wallet, self.previous_wallet) if wallet in owners)
        return next(able, None) if threshold == 1 else None

    @property
    def contracts(self) -> Contracts:
        """Addresses of the network's contracts."""
        return self.network.contracts

    @property
    def operator(self) -> str:
        """The wallet's operator Safe, which pays wxHOPR to many Safes at once."""
        return operator_address(self.wallet, self.network.chain_id)
