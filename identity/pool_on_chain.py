"""The dynamic Pulumi resource `PoolOnChain`: Safes, modules, funds and registration of a whole pool."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from config.models.settings import Settings
from identity.observation.pool_spec import IDENTITY_FILES, PoolSpec
from identity.provider import PoolOnChainProvider


@dataclass(frozen=True)
class PoolOnChainArgs:
    """The stack's settings, and by identity name the native address and the identity file (base64)."""

    pool_name: str
    settings: Settings
    nodes: Mapping[str, pulumi.Input[str]]
    identity_files: Mapping[str, pulumi.Input[str]]


class PoolOnChain(Resource, module="hoprd", name="PoolOnChain"):
    """A whole pool on chain. Its inputs are a `PoolSpec`, the identity files (a secret), and nothing else secret."""

    identities: pulumi.Output[dict[str, dict[str, Any]]]
    """By name: nativeAddress, safeAddress, moduleAddress, nodeXdaiWei, safeWxhoprWei, …, registered, retired."""
    wallet_address: pulumi.Output[str]

    def __init__(self, name: str, args: PoolOnChainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = PoolSpec.configured(args.settings, args.pool_name, {})
        inputs = {
            **spec.properties(),
            "nodes": args.nodes,
            IDENTITY_FILES: pulumi.Output.secret(dict(args.identity_files)),
        }
        secret = pulumi.ResourceOptions(additional_secret_outputs=[IDENTITY_FILES])
        super().__init__(
            PoolOnChainProvider(),
            name,
            {**inputs, "identities": None, "wallet_address": None},
            pulumi.ResourceOptions.merge(opts, secret),
        )

    def identity(self, name: str) -> pulumi.Output[dict[str, Any]]:
        """One identity of the pool."""
        return self.identities.apply(lambda identities: identities[name])
