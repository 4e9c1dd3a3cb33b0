"""What a preview knows of an identity although the outputs of its pool on chain are unknown until `pulumi up`.

The engine makes every output of a resource unknown when the resource changes. Without these values, a change of one
identity would show the objects of all nodes of the pool as changed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from config.stack_state import DEPLOYER, PoolState
from identity.provisioning.assessment import Assessment
from identity.provisioning.registrations import ForceSync, Register
from summary.recorded import Recorded


def known_in_a_preview(recorded: Recorded, assessments: Iterable[Assessment]) -> dict[str, Mapping[str, Any]]:
    """Return, by identity, the keys of an `IdentityState` that `pulumi up` will not change, and `peerId`.

    Addresses follow from the node and the deployer of the Safe, so they are known once the keys exist. Balances and
    registration are known only for an identity that no transaction of this run touches.
    """
    known: dict[str, Mapping[str, Any]] = {}
    for assessment in assessments:
        states = PoolState.read(recorded.pools.get(assessment.spec.pool, {})).identities
        touched = _touched(assessment)
        for identity in assessment.desired.identities:
            if identity.name not in recorded.keys:
                continue
            state = states.get(identity.name)
            unchanged = state is not None and state.safe_address == identity.safe and identity.name not in touched
            known[identity.name] = {
                **(state.model_dump(by_alias=True, exclude_none=True) if state and unchanged else {}),
                "peerId": recorded.keys[identity.name].peer_id,
                "nativeAddress": identity.node,
                "safeAddress": identity.safe,
                "moduleAddress": identity.module,
                DEPLOYER: identity.deployer,
            }
    return known


def _touched(assessment: Assessment) -> frozenset[str]:
    """The identities that a transaction of this run changes, and all retired ones."""
    names = set(assessment.spec.retired)
    for transaction in assessment.transactions:
        names |= transaction.changed_safes | {payee.identity for payee in transaction.payees}
        if isinstance(transaction, Register | ForceSync):
            names |= {identity.name for identity in transaction.identities}
    return frozenset(names)
