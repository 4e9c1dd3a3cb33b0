"""How a pool on chain is written in Pulumi's state: plain JSON, amounts as decimal strings of wei. Pure.

`identityFiles` (by identity name, base64) is a secret of the state: a node's key signs when its Safe registers it, and
when what it owns is drained, which may be when the stack is destroyed and nothing else is left.
`founders` (wallet by identity name) is added to the inputs by the provider's `check`, for its next one.
"""

from collections.abc import Mapping
from typing import Any

from config.models.networks import Network
from config.models.pools import Pool
from config.models.scalars import amount_text
from identity.observation.desired import DesiredPool, Policy
from identity.observation.observe import ObservedPool
from identity.provisioning import runway
from identity.provisioning.plan import is_registered

Properties = Mapping[str, Any]
FILES = "identityFiles"
DEPLOYERS = "founders"
INPUTS = ("pool", "network", "wallet", "policy", "nodes", "existing", "retired", "drainOnDestroy", FILES)


def inputs_of(
    pool_name: str, network: Network, wallet: str, pool: Pool, *, nodes: object, identity_files: object
) -> dict[str, Any]:
    """The resource's inputs; `nodes` (native addresses) and `identity_files` may be Outputs."""
    policy = Policy.of(pool, wallet)
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
        "existing": {name: {"safe": safe, "module": module} for name, (safe, module) in pool.existing_safes.items()},
        "retired": sorted(pool.retired),
        "drainOnDestroy": pool.drain_on_destroy,
        FILES: identity_files,
    }


def desired_pool(
    properties: Properties,
    nodes: Mapping[str, str],
    deployers: Mapping[str, str] | None = None,
    previous_wallet: str | None = None,
) -> DesiredPool:
    """The pool these inputs ask for, with these nodes; `founders` as for `WantedPool.of`."""
    policy = properties["policy"]
    return DesiredPool.of(
        network_of(properties),
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
        deployers=deployers,
        previous_wallet=previous_wallet,
        existing={name: (one["safe"], one["module"]) for name, one in (properties.get("existing") or {}).items()},
    )


def network_of(properties: Properties) -> Network:
    """The network of these inputs."""
    return Network.model_validate(properties["network"], strict=False)


def identities_in(outputs: Properties) -> Mapping[str, Mapping[str, Any]]:
    """The identities that earlier outputs hold; none where there were none."""
    return outputs.get("identities") or {}


def deployers_in(properties: Properties) -> dict[str, str]:
    """Who made each Safe, as earlier inputs or outputs know."""
    wrapper = {name: identity["founder"] for name, identity in identities_in(properties).items()}
    return {**(properties.get(DEPLOYERS) or {}), **wrapper}


def known_eligible(outputs: Properties) -> frozenset[str]:
    """The Safes that earlier outputs call registered."""
    return frozenset(one["safeAddress"] for one in identities_in(outputs).values() if one["registered"])


def outputs_of(
    properties: Properties, desired: DesiredPool, observed: ObservedPool, before: Properties
) -> dict[str, Any]:
    """The resource's state: its inputs, and each identity as it was seen; `before` are the earlier outputs."""
    retired, earlier = set(properties.get("retired") or ()), identities_in(before)
    return {key: properties[key] for key in INPUTS if key in properties} | {
        "identities": {
            identity.name: {
                "nativeAddress": identity.node,
                "safeAddress": identity.safe,
                "moduleAddress": identity.module,
                "founder": identity.deployer,
                "nodeXdaiWei": str(seen.node_xdai_wei),
                "safeWxhoprWei": str(seen.safe_wxhopr_wei),
                "safeXdaiWei": str(seen.safe_xdai_wei),
                "registered": is_registered(identity, seen),
                "retired": identity.name in retired,
                **_runways(earlier.get(identity.name, {}), seen.node_xdai_wei, seen.safe_wxhopr_wei, observed),
            }
            for identity in desired.identities
            if (seen := observed.identities[identity.name])
        },
        "wallet_address": desired.wallet,
    }


def same_inputs(one: Properties, other: Properties) -> bool:
    """Whether two property sets ask for the same."""
    return all(one.get(key) == other.get(key) for key in INPUTS)


def in_service(props: Properties, desired: DesiredPool) -> DesiredPool:
    """The pool without what is retired."""
    retired = set(props.get("retired") or ())
    return desired.only({identity.name for identity in desired.identities} - retired)


def retired_of(props: Properties, desired: DesiredPool) -> DesiredPool:
    """The part of the pool that leaves or has left."""
    return desired.only(frozenset(props.get("retired") or ()))


def left_behind(name: str, identity: Mapping[str, Any]) -> str:
    keys = ("nodeXdaiWei", "safeWxhoprWei", "safeXdaiWei")
    of_node, wxhopr, of_safe = (amount_text(int(identity.get(key, "0"))) for key in keys)
    return (
        f"{name} stays on chain: node {identity['nativeAddress']} with {of_node} xDai, Safe {identity['safeAddress']} "
        f"with {wxhopr} wxHOPR and {of_safe} xDai"
    )


def _runways(before: Properties, node_xdai_wei: int, safe_wxhopr_wei: int, observed: ObservedPool) -> dict[str, Any]:
    at = observed.block.timestamp
    return {
        "nodeXdaiRunway": runway.seen(before.get("nodeXdaiRunway"), node_xdai_wei, at),
        "safeWxhoprRunway": runway.seen(before.get("safeWxhoprRunway"), safe_wxhopr_wei, at),
    }


def _by_number(name: str) -> tuple[str, int]:
    """`core-2` before `core-10`: Pulumi does not keep the order of a mapping."""
    stem, _, number = name.rpartition("-")
    return (stem, int(number)) if number.isdigit() else (name, 0)
