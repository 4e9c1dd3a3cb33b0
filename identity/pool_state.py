"""How a pool on chain is written in Pulumi's state: plain JSON, amounts as decimal strings of wei. Pure."""

from collections.abc import Mapping
from typing import Any

from config.networks import Network
from identity.observe import ObservedPool
from identity.wanted import Policy, WantedPool

Properties = Mapping[str, Any]
INPUTS = ("pool", "network", "wallet", "policy", "nodes")


def inputs_of(pool_name: str, network: Network, wallet: str, policy: Policy, nodes: object) -> dict[str, Any]:
    """The resource's inputs; `nodes` may be an Output."""
    return {
        "pool": pool_name,
        "network": network.model_dump(mode="json", by_alias=True, exclude_none=True),
        "wallet": wallet,
        "policy": {
            "owners": list(policy.owners),
            "threshold": policy.threshold,
            "allowanceWei": str(policy.allowance_wei),
            "nodeXdaiWei": str(policy.node_xdai_wei),
            "nodeXdaiMinimumWei": str(policy.node_xdai_minimum_wei),
            "safeWxhoprWei": str(policy.safe_wxhopr_wei),
            "safeWxhoprMinimumWei": str(policy.safe_wxhopr_minimum_wei),
            "registerNodes": policy.register_nodes,
        },
        "nodes": nodes,
    }


def wanted_of(properties: Properties, nodes: Mapping[str, str], before: Properties | None = None) -> WantedPool:
    """The pool these inputs ask for; `before` are earlier outputs, which tell who made each Safe."""
    policy = properties["policy"]
    return WantedPool.of(
        Network.model_validate(properties["network"], strict=False),
        properties["wallet"],
        Policy(
            owners=tuple(policy["owners"]),
            threshold=int(policy["threshold"]),
            allowance_wei=int(policy["allowanceWei"]),
            node_xdai_wei=int(policy["nodeXdaiWei"]),
            node_xdai_minimum_wei=int(policy["nodeXdaiMinimumWei"]),
            safe_wxhopr_wei=int(policy["safeWxhoprWei"]),
            safe_wxhopr_minimum_wei=int(policy["safeWxhoprMinimumWei"]),
            register_nodes=policy["registerNodes"],
        ),
        {name: nodes[name] for name in sorted(nodes, key=_by_number)},
        founders={name: identity["founder"] for name, identity in identities_in(before or {}).items()},
    )


def identities_in(outputs: Properties) -> Mapping[str, Mapping[str, Any]]:
    """The identities that earlier outputs hold; none where there were none."""
    return outputs.get("identities") or {}


def known_eligible(outputs: Properties) -> frozenset[str]:
    """The Safes that earlier outputs call registered."""
    return frozenset(one["safeAddress"] for one in identities_in(outputs).values() if one["registered"])


def outputs_of(properties: Properties, wanted: WantedPool, observed: ObservedPool) -> dict[str, Any]:
    """The resource's state: its inputs, and each identity as it was seen."""
    return {key: properties[key] for key in INPUTS} | {
        "identities": {
            identity.name: {
                "nativeAddress": identity.node,
                "safeAddress": identity.safe,
                "moduleAddress": identity.module,
                "founder": identity.founder,
                "nodeXdaiWei": str(observed.identities[identity.name].node_xdai_wei),
                "safeWxhoprWei": str(observed.identities[identity.name].safe_wxhopr_wei),
                "registered": _is_registered(observed, identity.name, identity.safe),
            }
            for identity in wanted.identities
        },
        "wallet_address": wanted.wallet,
    }


def same_inputs(one: Properties, other: Properties) -> bool:
    """Whether two property sets ask for the same."""
    return all(one.get(key) == other.get(key) for key in INPUTS)


def _by_number(name: str) -> tuple[str, int]:
    """`core-2` before `core-10`: Pulumi does not keep the order of a mapping."""
    stem, _, number = name.rpartition("-")
    return (stem, int(number)) if number.isdigit() else (name, 0)


def _is_registered(observed: ObservedPool, name: str, safe: str) -> bool:
    seen = observed.identities[name]
    return seen.registered_to == safe and seen.eligible
