"""Identity pools: how many identities, their Safes, what they hold, and how they are kept funded."""

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from config.models.identities import Identity
from config.models.model import Model
from config.models.names import Name, ObjectName
from config.models.scalars import Address, Allowance, Amount, Cron, contradicts, half
from config.models.spending import SpendingLimits

MAX_POOL_SIZE = 200


class Funding(Model):
    """The job in the cluster that tops up between runs of `pulumi up`."""

    schedule: Cron
    """When it runs: five cron fields, UTC."""
    native_amount: Amount = Field(examples=["0.1"])
    """xDai each node is topped up to."""
    wxhopr: bool = False
    """Top up the Safes too, to balances.safeWxhopr; needs `platform.images.topUp`."""
    secret_name: ObjectName | None = Field(default=None, examples=["hoprd-funding"])
    """An existing Secret whose DEPLOYER_PRIVATE_KEY pays for these top-ups; the pool's own Secret by default."""


class SafePolicy(Model):
    """Who controls each identity's Safe and what the payment channels may take from it."""

    admins: list[Address] = Field(default_factory=list)
    """Owners of each Safe; empty means the wallet alone."""
    threshold: int = Field(default=1, ge=1, examples=[1])
    """How many owners must sign."""
    allowance: Allowance = Field(default="unlimited", examples=["unlimited"])
    """wxHOPR that the channels contract may spend: an amount or `unlimited`."""

    @field_validator("admins")
    @classmethod
    def _no_admin_twice(cls, admins: list[str]) -> list[str]:
        if len(set(admins)) < len(admins):
            raise contradicts("names an address twice, a Safe has each owner once")
        return admins

    @field_validator("threshold")
    @classmethod
    def _enough_admins(cls, threshold: int, info: ValidationInfo) -> int:
        admins = info.data.get("admins")
        if admins is not None and threshold > max(len(admins), 1):
            count = f"{len(admins)} admin{'s' if len(admins) > 1 else ''}" if admins else "1 admin (the wallet)"
            raise contradicts(f"signatures can never come from {count}")
        return threshold


def _half_of(target: str) -> Any:
    def default(data: dict[str, Any]) -> Amount:
        return half(data[target])

    return default


class Balances(Model):
    """What each identity holds: below a minimum it is topped up to the target."""

    node_xdai: Amount = Field(default=Amount("0.1"), examples=["0.1"])
    """xDai of each node."""
    node_xdai_minimum: Amount = Field(default_factory=_half_of("node_xdai"), examples=["0.05"])
    """xDai below which `pulumi up` tops a node up; half of nodeXdai by default."""
    safe_wxhopr: Amount = Field(default=Amount("0"), examples=["10"])
    """wxHOPR of each Safe."""
    safe_wxhopr_minimum: Amount = Field(default_factory=_half_of("safe_wxhopr"), examples=["5"])
    """wxHOPR below which `pulumi up` tops a Safe up; half of safeWxhopr by default."""

    @field_validator("node_xdai_minimum", "safe_wxhopr_minimum")
    @classmethod
    def _not_above_the_target(cls, minimum: Amount, info: ValidationInfo) -> Amount:
        target = info.data.get((info.field_name or "").removesuffix("_minimum"))
        if target is not None and minimum > target:
            raise contradicts(f"is more than the target {target} it belongs to")
        return minimum


class Pool(Model):
    """A pool of identities on the stack's network; its nodes are described under `clusters` and `nodes`."""

    size: int = Field(ge=1, le=MAX_POOL_SIZE, examples=[7])
    """How many identities: `<pool>-1` … `<pool>-<size>`."""
    secret_name: ObjectName | None = Field(default=None, examples=["my-existing-secret"])
    """An existing Secret (DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD, HOPRD_API_TOKEN); else `<pool>-wallet` is made."""
    funding: Funding | None = None
    """Top-ups from inside the cluster; none by default."""
    safe: SafePolicy = SafePolicy()
    """Owners, threshold and allowance of the Safes."""
    balances: Balances = Balances()
    """What each node and Safe holds."""
    spending: SpendingLimits = SpendingLimits()
    """Most that one `pulumi up` may spend for this pool."""
    key_source: Literal["random", "seed"] = "random"
    """Where the nodes' keys come from: drawn at random once, or derived from wallet.identitySeed. Never change it."""
    identities: dict[Name, Identity] = Field(default_factory=dict)
    """Identities of this pool (`<pool>-<n>`) that were made elsewhere or that are to be retired."""
    register_nodes: bool = True
    """Register the nodes on the network registry."""
    protect_keys: bool = True
    """Refuse to delete keys (Pulumi's `protect`)."""
    retain_volumes: bool = True
    """Leave the nodes' databases in the cluster when the stack is destroyed."""
    drain_on_destroy: bool = False
    """When the pool is destroyed, deregister its identities and move what they own to the wallet."""

    @property
    def retired(self) -> frozenset[str]:
        """Names of the identities that are to be out of service."""
        return frozenset(name for name, identity in self.identities.items() if identity.retire)

    @property
    def existing_safes(self) -> dict[str, tuple[str, str]]:
        """Safe and module of the identities whose Safe was made elsewhere."""
        return {
            name: (identity.safe_address, identity.module_address)
            for name, identity in self.identities.items()
            if identity.safe_address and identity.module_address
        }

    def identity_names(self, pool_name: str) -> tuple[str, ...]:
        """Names of the identities of this pool, in order."""
        return tuple(f"{pool_name}-{number}" for number in range(1, self.size + 1))

    def in_service(self, pool_name: str) -> tuple[str, ...]:
        """Names of the identities that nodes may have, in order: all that are not retired."""
        return tuple(name for name in self.identity_names(pool_name) if name not in self.retired)
