"""The gas of a Safe's calls, by the function that they call."""

from collections.abc import Iterable

from identity.evm import gas
from identity.evm.calls import Call
from identity.evm.contracts import CREATOR, MODULE, SAFE, TOKEN

_GAS = {
    SAFE.selector("addOwnerWithThreshold"): gas.ADD_OWNER,
    SAFE.selector("removeOwner"): gas.REMOVE_OWNER,
    SAFE.selector("changeThreshold"): gas.CHANGE_THRESHOLD,
    SAFE.selector("enableModule"): gas.ENABLE_MODULE,
    TOKEN.selector("approve"): gas.ALLOWANCE,
    CREATOR.selector("performCreate2"): gas.CREATE_MODULE,
    MODULE.selector("initialize"): gas.INITIALIZE_MODULE,
    MODULE.selector("includeNode"): gas.INCLUDE_NODE,
    MODULE.selector("addNode"): gas.ADD_NODE,
    MODULE.selector("removeNode"): gas.REMOVE_NODE,
    MODULE.selector("revokeTarget"): gas.REVOKE_TARGET,
    MODULE.selector("scopeTargetChannels"): gas.SCOPE_TARGET,
    MODULE.selector("scopeTargetToken"): gas.SCOPE_TARGET,
}


def gas_of(calls: Iterable[Call]) -> int:
    """Return the gas of these calls inside a Safe transaction; raise KeyError for a function that is not planned."""
    return sum(_GAS[call.data[:4]] for call in calls)
