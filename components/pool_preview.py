"""What `pulumi preview` says of a pool: what will be made on chain, where, and what it costs."""

from collections.abc import Mapping
from typing import Any

import pulumi

from config.errors import HoprdError
from config.models.settings import Settings
from identity.preview import describe_pool


def describe_in_preview(
    settings: Settings, pool_name: str, nodes: Mapping[str, pulumi.Output[str]], resource: pulumi.Resource
) -> None:
    """Log the pool's table, in a preview only; addresses are open where the keys are not made yet.

    What keeps the chain from being asked, or the pool from being made, the pool's own resource reports as an error.
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
