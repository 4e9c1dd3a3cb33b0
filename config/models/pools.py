"""Identity pools: their size, Safes, balances and top-ups."""

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from config.models.cron import Cron
from config.models.identities import Identity
from config.models.model import Model
from config.models.names import Name, ObjectName
from config.models.scalars import Address, Allowance, Amount, contradicts, half
from config.models.spending import SpendingLimits

MAX_POOL_SIZE = 200


class Funding(Model):
    """The job in the cluster that tops up between two runs of `pulumi up`."""

    schedule: Cron
    """Cron schedule of the job, as Kubernetes reads it: five fields, or `@every` and a duration. Times are UTC."""
    native_amount: Amount = Field(examples=["0.1"])
    """Target xDai balance of each node."""
    wxhopr: bool = False
    """Top up the Safes too, to balances.safeWxhopr. Requires `platform.images.topUp`."""
    secret_name: ObjectName | None = Field(default=None, examples=["hoprd-funding"])
    """An existing Secret with the DEPLOYER_PRIVATE_KEY that pays for these top-ups; the pool's Secret by default."""


class SafePolicy(Model):
    """Owners of each identity's Safe, and the allowance of the channels contract."""

    admins: list[Address] = Field(default_factory=list)
    """Owners of each Safe; an empty list means that the wallet is the only owner."""
    owners_without_wallet: bool = False
    """Allow `admins` without the wallet, which then loses control of the Safes: only the owners can change them."""
    threshold: int = Field(default=1, ge=1, examples=[1])
    """Number of owners that must sign."""
    allowance: Allowance = Field(default="unlimited", examples=["unlimited"])
    """ERC-20 allowance of the channels contract, in wxHOPR: an amount or `unlimited`."""

    @field_validator("admins")
    @classmethod
    def _check_duplicates(cls, admins: list[str]) -> list[str]:
        if len(set(admins)) < len(admins):
            raise contradicts("contains an address twice; list each owner once")
        return admins

    @field_validator("threshold")
    @classmethod
    def _check_threshold(cls, threshold: int, info: ValidationInfo) -> int:
        admins = info.data.get("admins")
        if admins is not None and threshold > max(len(admins), 1):
            owners = str(len(admins)) if admins else "1 (the wallet)"
            raise contradicts(f"exceeds the number of owners, {owners}")
        return threshold


def _half_of(target: str) -> Any:
    def default(data: dict[str, Any]) -> Amount:
        return half(data[target])

    return default


class Balances(Model):
    """Target balances of each identity. `pulumi up` tops up to the target once a balance is below its minimum."""

    node_xdai: Amount = Field(default=Amount("0.1"), examples=["0.1"])
    """Target xDai balance of each node."""
    node_xdai_minimum: Amount = Field(default_factory=_half_of("node_xdai"), examples=["0.05"])
    """Minimum xDai balance of each node; half of nodeXdai by default."""
    safe_wxhopr: Amount = Field(default=Amount("0"), examples=["10"])
    """Target wxHOPR balance of each Safe."""
    safe_wxhopr_minimum: Amount = Field(default_factory=_half_of("safe_wxhopr"), examples=["5"])
    """Minimum wxHOPR balance of each Safe; half of safeWxhopr by default."""

    @field_validator("node_xdai_minimum", "safe_wxhopr_minimum")
    @classmethod
    def _check_minimum(cls, minimum: Amount, info: ValidationInfo) -> Amount:
        target_field = (info.field_name or "").removesuffix("_minimum")
        target = info.data.get(target_field)
        if target is not None and minimum > target:
            raise contradicts(f"exceeds its target, {to_camel(target_field)} ({target})")
        return minimum


class Pool(Model):
    """A pool of identities on the stack's network. `clusters` and `nodes` describe the nodes that use them."""

    size: int = Field(ge=1, le=MAX_POOL_SIZE, examples=[7])
    """Number of identities: `<pool>-1` … `<pool>-<size>`."""
    secret_name: ObjectName | None = Field(default=None, examples=["my-existing-secret"])
    """An existing Secret (DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD, HOPRD_API_TOKEN); default: a new `<pool>-wallet`."""
    funding: Funding | None = None
    """The funding job, which tops up from inside the cluster; none by default."""
    safe: SafePolicy = SafePolicy()
    """Owners, threshold and allowance of the Safes."""
    balances: Balances = Balances()
    """Target and minimum balances of the nodes and Safes."""
    spending: SpendingLimits = SpendingLimits()
    """The pool budget: maximum that one `pulumi up` may spend for this pool."""
    key_source: Literal["random", "seed"] = "random"
    """Source of the nodes' keys: generated at random, or derived from wallet.identitySeed. Never change it."""
    identities: dict[Name, Identity] = Field(default_factory=dict)
    """Identities of this pool (`<pool>-<n>`) to import or to retire."""
    register_nodes: bool = True
    """Register the nodes in the network registry."""
    protect_keys: bool = True
    """Protect the keys from deletion (Pulumi's `protect`)."""
    retain_volumes: bool = True
    """Keep the nodes' databases in the cluster, also when the pool or its identities are removed."""
    drain_on_destroy: bool = False
    """Decommission the identities when the pool is destroyed: deregister them and move their balances to the wallet."""

    @property
    def retired(self) -> frozenset[str]:
        """The names of the identities with `retire: true`."""
        return frozenset(name for name, identity in self.identities.items() if identity.retire)

    @property
    def existing_safes(self) -> dict[str, tuple[str, str]]:
        """Safe and module of each identity that is imported with its Safe, by name."""
        return {
            name: (identity.safe_address, identity.module_address)
            for name, identity in self.identities.items()
            if identity.safe_address and identity.module_address
        }

    def identity_names(self, pool_name: str) -> tuple[str, ...]:
        """The names of the pool's identities, in order."""
        return tuple(f"{pool_name}-{number}" for number in range(1, self.size + 1))

    def in_service(self, pool_name: str) -> tuple[str, ...]:
        """The names of the identities that nodes may use, in order: all that are not retired."""
        return tuple(name for name in self.identity_names(pool_name) if name not in self.retired)
