"""The outputs of `PoolOnChain`: its inputs, and each identity as it was last observed (`config.stack_state.PoolState`).

Amounts are decimal strings of wei. `identityFiles` (base64, by identity name) is a secret of the state: a node's key
signs when its Safe registers the node and when its funds are drained, which may be the last operation of a stack.
"""

from collections.abc import Mapping
from typing import Any

from config.stack_state import IdentityState, PoolState
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool
from identity.observation.pool_spec import COMPARED, PoolSpec
from identity.provisioning import runway
from identity.provisioning.plan import is_registered

Properties = Mapping[str, Any]


def outputs_of(
    properties: Properties, spec: PoolSpec, desired: DesiredPool, observed: ObservedPool, before: PoolState
) -> dict[str, Any]:
    """The resource's outputs: its inputs, and each identity as observed; `before` holds the earlier outputs."""
    return {key: properties[key] for key in (*COMPARED, "spending") if key in properties} | {
        "identities": _identities(spec, desired, observed, before),
        "wallet_address": desired.wallet,
    }


def observed_state(
    spec: PoolSpec, desired: DesiredPool, observed: ObservedPool, before: PoolState | None = None
) -> PoolState:
    """The state after an observation; `before` is the recorded state that its runways continue."""
    return PoolState.read({"identities": _identities(spec, desired, observed, before or PoolState())})


def _identities(
    spec: PoolSpec, desired: DesiredPool, observed: ObservedPool, before: PoolState
) -> dict[str, dict[str, Any]]:
    states = {}
    for identity in desired.identities:
        seen = observed.identities[identity.name]
        state = IdentityState(
            native_address=identity.node,
            safe_address=identity.safe,
            module_address=identity.module,
            deployer=identity.deployer,
            node_xdai_wei=str(seen.node_xdai_wei),
            safe_wxhopr_wei=str(seen.safe_wxhopr_wei),
            safe_xdai_wei=str(seen.safe_xdai_wei),
            registered=is_registered(identity, seen),
            retired=identity.name in spec.retired,
            **_runways(before.identities.get(identity.name), seen.node_xdai_wei, seen.safe_wxhopr_wei, observed),
        )
        states[identity.name] = state.model_dump(by_alias=True)
    return states


def _runways(
    before: IdentityState | None, node_xdai_wei: int, safe_wxhopr_wei: int, observed: ObservedPool
) -> dict[str, Any]:
    at = observed.block.timestamp
    xdai, wxhopr = (before.node_xdai_runway, before.safe_wxhopr_runway) if before else (None, None)
    return {
        "node_xdai_runway": runway.update_record(xdai, node_xdai_wei, at),
        "safe_wxhopr_runway": runway.update_record(wxhopr, safe_wxhopr_wei, at),
    }
