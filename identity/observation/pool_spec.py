"""What one pool must be on chain, as the Pulumi resource carries it: the one form that program and provider share.

The program writes a `PoolSpec` into the inputs of `PoolOnChain`, the provider reads it back from there, and a preview
builds the same object. Secrets are not part of it: the wallet's key, the identity password and the RPC URL reach a
provider through `identity.run.Run`, and the encrypted identity files are an input of their own, marked as secret.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel

from config.models.networks import Network
from config.models.settings import Settings
from config.models.spending import SpendingLimits
from config.stack_state import DEPLOYERS
from identity.observation.desired import DesiredPool, Policy

SortedNames = Annotated[frozenset[str], PlainSerializer(sorted)]
COMPARED = (
    "pool",
    "network",
    "wallet",
    "policy",
    "nodes",
    "existing",
    "retired",
    "drainOnDestroy",
    "identityFiles",
)
"""Inputs whose change is a change of the pool; `spending` and the deployers are not."""
IDENTITY_FILES = "identityFiles"
_OF_NODES: Any = {
    "provider": True,
    "indexer_start_block": True,
    "contracts": {"ticket_price_oracle", "winning_probability_oracle"},
}
"""What only nodes read of a network: a change of it is not a change of the pool."""


def network_moved(before: str, after: str) -> str:
    """The refusal of a pool whose network changed: its Safes are on the chain of the earlier one."""
    return (
        f"network: the pools of this stack are on {before}, and a pool cannot move to {after}: set network to {before} "
        f"again, and run the nodes of {after} in another stack ('pulumi stack init'); to leave {before}, decommission "
        "its identities first (docs/operations.md#take-identities-out-of-service)"
    )


class _Properties(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )


class ExistingSafe(_Properties):
    """Safe and module of an identity that was created elsewhere."""

    safe: str
    module: str


class PoolSpec(_Properties):
    """A pool's description without anything secret; amounts are decimal strings of wei in JSON.

    `nodes` maps identity names to native addresses, None while the keys do not exist. `deployers` maps identity names
    to the wallet that created each Safe, as far as an earlier run recorded it; `DEPLOYERS` is the stored key.
    """

    pool: str
    network: Network
    wallet: str
    policy: Policy
    nodes: dict[str, str | None]
    existing: dict[str, ExistingSafe] = Field(default_factory=dict)
    retired: SortedNames = frozenset()
    drain_on_destroy: bool = False
    spending: SpendingLimits = SpendingLimits()
    deployers: dict[str, str] = Field(default_factory=dict, alias=DEPLOYERS)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in properties.items() if value is not None}

    @classmethod
    def configured(cls, settings: Settings, pool_name: str, nodes: Mapping[str, str | None]) -> Self:
        """The pool as a stack's settings describe it, retired identities included."""
        pool, wallet = settings.pools[pool_name], settings.wallet.address
        return cls(
            pool=pool_name,
            network=settings.network,
            wallet=wallet,
            policy=Policy.of(pool, wallet),
            nodes=dict(nodes),
            existing={
                name: ExistingSafe(safe=safe, module=module) for name, (safe, module) in pool.existing_safes.items()
            },
            retired=pool.retired,
            drain_on_destroy=pool.drain_on_destroy,
            spending=pool.spending,
        )

    @classmethod
    def read(cls, properties: Mapping[str, Any]) -> Self:
        """The spec in a resource's inputs or outputs, of this version of the program or an earlier one."""
        return cls.model_validate(properties, strict=False)

    def properties(self) -> dict[str, Any]:
        """The resource's inputs as plain JSON, without the identity files."""
        written = self.model_dump(mode="json", by_alias=True, exclude={"network", "deployers"})
        network = self.network.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_OF_NODES)
        return {**written, "network": network}

    @property
    def known_nodes(self) -> dict[str, str]:
        """The native address of each identity whose keys exist."""
        return {name: node for name, node in self.nodes.items() if node}

    def desired(
        self,
        nodes: Mapping[str, str],
        *,
        deployers: Mapping[str, str] | None = None,
        previous_wallet: str | None = None,
    ) -> DesiredPool:
        """The pool with these nodes, ordered by number: Pulumi does not keep the order of a mapping."""
        return DesiredPool.of(
            self.network,
            self.wallet,
            self.policy,
            {name: nodes[name] for name in sorted(nodes, key=_by_number)},
            deployers=deployers,
            previous_wallet=previous_wallet,
            existing={name: (one.safe, one.module) for name, one in self.existing.items()},
        )

    def in_service(self, desired: DesiredPool) -> DesiredPool:
        """The part of the pool that is not retired."""
        return desired.only({identity.name for identity in desired.identities} - self.retired)

    def decommissioned(self, desired: DesiredPool) -> DesiredPool:
        """The part of the pool that is retired."""
        return desired.only(self.retired)


def is_same_pool(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two property sets describe the same pool, as far as a change of the resource is concerned."""
    return all(one.get(key) == other.get(key) for key in COMPARED)


def _by_number(name: str) -> tuple[str, int]:
    stem, _, number = name.rpartition("-")
    return (stem, int(number)) if number.isdigit() else (name, 0)
