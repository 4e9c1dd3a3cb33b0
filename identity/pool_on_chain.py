"""The dynamic Pulumi resource `PoolOnChain`: Safes, modules, money and registration of a whole pool."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from config.models.settings import Settings
from identity.provider import PoolOnChainProvider
from identity.provisioning.pool_state import FILES, inputs_of


@dataclass(frozen=True)
class PoolOnChainArgs:
    """A pool, the stack's settings, and the native address and identity file (base64) of each identity by its name."""

    pool_name: str
    settings: Settings
    nodes: Mapping[str, pulumi.Input[str]]
    identity_files: Mapping[str, pulumi.Input[str]]


class PoolOnChain(Resource, module="hoprd", name="PoolOnChain"):
    """A whole pool on chain: Safes, modules, funds, registration."""

    identities: pulumi.Output[dict[str, dict[str, Any]]]
    """By name: nativeAddress, safeAddress, moduleAddress, nodeXdaiWei, safeWxhoprWei, …, registered, retired."""
    wallet_address: pulumi.Output[str]

    def __init__(self, name: str, args: PoolOnChainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings = args.settings
        pool = settings.pools[args.pool_name]
        files = pulumi.Output.secret(dict(args.identity_files))
        inputs = inputs_of(
            args.pool_name,
            settings.network,
            settings.wallet.address,
            pool,
            nodes=args.nodes,
            identity_files=files,
        )
        secret = pulumi.ResourceOptions(additional_secret_outputs=[FILES])
        super().__init__(
            PoolOnChainProvider(),
            name,
            {**inputs, "identities": None, "wallet_address": None},
            pulumi.ResourceOptions.merge(opts, secret),
        )

    def identity(self, name: str) -> pulumi.Output[dict[str, Any]]:
        """One identity of the pool."""
        return self.identities.apply(lambda identities: identities[name])
