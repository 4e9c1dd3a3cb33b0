"""A stack's outputs and state, as `pulumi stack output --json` and `pulumi stack export` print them.

Fields that earlier releases did not write have a default. Amounts are decimal text.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from config.models.scalars import amount_text

NODE_KEYS = "pulumi-python:dynamic/hoprd:NodeKeys"
POOL_ON_CHAIN = "pulumi-python:dynamic/hoprd:PoolOnChain"
DEPLOYER, DEPLOYERS = "founder", "founders"
"""Keys of the wallet that deployed a Safe, of one identity and by identity name; the first releases chose the name."""


class _Recorded(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True)


class PoolOutput(_Recorded):
    """The stack output of a pool."""

    network: str | None = None
    wallet: str | None = None
    phase: str
    size: int
    locked: int


class IdentityOutput(_Recorded):
    """The stack output of an identity; `node` is None if no node uses it, `safe_xdai` is set if it is retired."""

    pool: str | None = None
    peer_id: str | None = None
    native_address: str
    safe_address: str
    module_address: str
    deployer: str | None = Field(default=None, alias=DEPLOYER)
    xdai: str | None = None
    wxhopr: str | None = None
    safe_xdai: str | None = None
    runway_days: dict[str, float | None] | None = None
    phase: str | None = None
    node: str | None = None


class NodeOutput(_Recorded):
    """The stack output of a node."""

    identity: str | None = None
    peer_id: str | None = None
    native_address: str | None = None
    safe_address: str
    module_address: str | None = None
    host: str
    port: int
    version: str
    phase: str
    xdai: str | None = None
    wxhopr: str | None = None


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


class StackOutputs(_Recorded):
    """The outputs of a stack; all of them are empty before the first `pulumi up`."""

    namespace: str | None = None
    kube_context: str | None = None
    pools: Annotated[dict[str, PoolOutput], BeforeValidator(_or_empty)] = Field(default_factory=dict)
    identities: Annotated[dict[str, IdentityOutput], BeforeValidator(_or_empty)] = Field(default_factory=dict)
    nodes: Annotated[dict[str, NodeOutput], BeforeValidator(_or_empty)] = Field(default_factory=dict)


class NodeKeysState(BaseModel):
    """The public outputs of a `NodeKeys` resource."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    identity: str
    native_address: str


class ResourceState(_Recorded):
    """One resource of the state; `delete` marks an old copy that Pulumi has yet to delete."""

    type: str
    delete: bool = False
    outputs: Annotated[dict[str, Any], BeforeValidator(_or_empty)] = Field(default_factory=dict)


class Deployment(_Recorded):
    """The current state of a stack."""

    resources: list[ResourceState] | None = None


class StackExport(_Recorded):
    """The exported state of a stack; secrets are encrypted."""

    deployment: Deployment

    def outputs_by_type(self) -> dict[str, list[dict[str, Any]]]:
        """The outputs of each resource, by resource type; a type without resources has an empty list."""
        by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for resource in self.deployment.resources or ():
            if not resource.delete:
                by_type[resource.type].append(resource.outputs)
        return by_type


class IdentityState(_Recorded):
    """One identity in the outputs of `PoolOnChain`, as it was last observed; amounts are decimal strings of wei."""

    native_address: str
    safe_address: str
    module_address: str
    deployer: str | None = Field(default=None, alias=DEPLOYER)
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
    recorded_deployers: dict[str, str] = Field(default_factory=dict, alias=DEPLOYERS)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in properties.items() if value is not None}

    @classmethod
    def read(cls, properties: Mapping[str, Any]) -> Self:
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
