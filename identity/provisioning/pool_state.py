"""How Pulumi's state records a pool on chain: the inputs of `PoolOnChain` and each identity as it was last observed.

Amounts are decimal strings of wei. `identityFiles` (base64, by identity name) is a secret of the state: a node's key
signs when its Safe registers the node and when its funds are drained, which may be the last operation of a stack.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from config.models.scalars import amount_text
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool
from identity.observation.pool_spec import COMPARED, PoolSpec
from identity.provisioning import runway
from identity.provisioning.plan import is_registered

Properties = Mapping[str, Any]


class IdentityState(BaseModel):
    """One identity as it was last observed; states of earlier versions may lack the fields that have a default."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True)

    native_address: str
    safe_address: str
    module_address: str
    deployer: str | None = Field(default=None, alias="founder")
    node_xdai_wei: str = "0"
    safe_wxhopr_wei: str = "0"
    safe_xdai_wei: str = "0"
    registered: bool = False
    retired: bool = False
    node_xdai_runway: dict[str, Any] | None = None
    safe_wxhopr_runway: dict[str, Any] | None = None

    def left_behind(self, name: str) -> str:
        """What stays on chain when this identity is removed without being decommissioned, as one sentence."""
        node_xdai, wxhopr, safe_xdai = (
            amount_text(int(wei)) for wei in (self.node_xdai_wei, self.safe_wxhopr_wei, self.safe_xdai_wei)
        )
        return (
            f"{name} stays on chain: node {self.native_address} with {node_xdai} xDai, Safe {self.safe_address} "
            f"with {wxhopr} wxHOPR and {safe_xdai} xDai"
        )


class PoolState(BaseModel):
    """The recorded identities of a pool, and who deployed their Safes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    identities: dict[str, IdentityState] = Field(default_factory=dict)
    recorded_deployers: dict[str, str] = Field(default_factory=dict, alias="founders")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in properties.items() if value is not None}

    @classmethod
    def read(cls, properties: Properties) -> Self:
        """The state in outputs or inputs of the resource, of this version or an earlier one; empty where none is."""
        return cls.model_validate(properties)

    @property
    def deployers(self) -> dict[str, str]:
        """The wallet that deployed each Safe, by identity name."""
        observed = {name: one.deployer for name, one in self.identities.items() if one.deployer}
        return {**self.recorded_deployers, **observed}

    @property
    def known_eligible(self) -> frozenset[str]:
        """The Safes that were recorded as registered."""
        return frozenset(one.safe_address for one in self.identities.values() if one.registered)


def outputs_of(
    properties: Properties, spec: PoolSpec, desired: DesiredPool, observed: ObservedPool, before: PoolState
) -> dict[str, Any]:
    """The resource's outputs: its inputs, and each identity as observed; `before` holds the earlier outputs."""
    return {key: properties[key] for key in (*COMPARED, "spending") if key in properties} | {
        "identities": _identities(spec, desired, observed, before),
        "wallet_address": desired.wallet,
    }


def observed_state(spec: PoolSpec, desired: DesiredPool, observed: ObservedPool) -> PoolState:
    """The state that an observation alone gives, without what earlier runs recorded."""
    return PoolState.read({"identities": _identities(spec, desired, observed, PoolState())})


def _identities(
    spec: PoolSpec, desired: DesiredPool, observed: ObservedPool, before: PoolState
) -> dict[str, dict[str, Any]]:
    return {
        identity.name: {
            "nativeAddress": identity.node,
            "safeAddress": identity.safe,
            "moduleAddress": identity.module,
            "founder": identity.deployer,
            "nodeXdaiWei": str(seen.node_xdai_wei),
            "safeWxhoprWei": str(seen.safe_wxhopr_wei),
            "safeXdaiWei": str(seen.safe_xdai_wei),
            "registered": is_registered(identity, seen),
            "retired": identity.name in spec.retired,
            **_runways(before.identities.get(identity.name), seen.node_xdai_wei, seen.safe_wxhopr_wei, observed),
        }
        for identity in desired.identities
        if (seen := observed.identities[identity.name])
    }


def _runways(
    before: IdentityState | None, node_xdai_wei: int, safe_wxhopr_wei: int, observed: ObservedPool
) -> dict[str, Any]:
    at = observed.block.timestamp
    xdai, wxhopr = (before.node_xdai_runway, before.safe_wxhopr_runway) if before else (None, None)
    return {
        "nodeXdaiRunway": runway.update_record(xdai, node_xdai_wei, at),
        "safeWxhoprRunway": runway.update_record(wxhopr, safe_wxhopr_wei, at),
    }
