"""The table in `pulumi preview` with the changes of a pool on chain, their addresses and their cost."""

from collections.abc import Mapping
from typing import Any

import pulumi

from config.errors import HoprdError
from config.models.settings import Settings
from identity.preview import describe_pool


def describe_in_preview(
    settings: Settings, pool_name: str, nodes: Mapping[str, pulumi.Output[str]], resource: pulumi.Resource
) -> None:
    """Log the table of a pool, only in a preview. Addresses are unknown until the keys exist.

    The resource of the pool reports errors of the chain and of the configuration, so they are only debug messages here.
    """
    if not pulumi.runtime.is_dry_run():
        return

    def describe(addresses: Mapping[str, Any]) -> None:
        known = {name: address if isinstance(address, str) else None for name, address in addresses.items()}
        try:
            pulumi.log.info(describe_pool(settings, pool_name, known), resource)
        except HoprdError as error:
            pulumi.log.debug(f"{pool_name}: no table: {error}", resource)

    pulumi.Output.all(**nodes).apply(describe, run_with_unknowns=True)
