"""What the stack's output says of an identity that is out of service; there is nothing of it in the cluster."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.identity_hoprd import decimal


def retired_summary(
    pool_name: str, peer_id: pulumi.Input[str], on_chain: pulumi.Output[Mapping[str, Any]]
) -> dict[str, pulumi.Input[Any]]:
    """Its addresses and what is left: xDai of the node, wxHOPR and xDai of the Safe, decimal text."""
    return {
        "pool": pool_name,
        "peerId": peer_id,
        "nativeAddress": on_chain["nativeAddress"],
        "safeAddress": on_chain["safeAddress"],
        "moduleAddress": on_chain["moduleAddress"],
        "founder": on_chain["founder"],
        "xdai": on_chain["nodeXdaiWei"].apply(decimal),
        "wxhopr": on_chain["safeWxhoprWei"].apply(decimal),
        "safeXdai": on_chain["safeXdaiWei"].apply(decimal),
        "phase": "Retired",
        "node": None,
    }
