"""Gas use of the transactions: measured on the real contracts (docs/protocol.md#gas), with a margin.

The figures determine how identities are split over transactions, which way of paying wxHOPR is cheaper, and each gas
limit (the endpoint cannot estimate a transaction that follows one that is not mined yet).
"""

TRANSACTION = 21_000
SAFE_CREATION = 250_000
SAFE_FIRST_EXECUTION = 62_000
"""execTransaction of a Safe with nonce 0: it writes a new storage slot."""
SAFE_EXECUTION = 45_000
IDENTITY_SETUP = 718_000
"""Safe, module, targets, allowance and membership of one identity, inside a batch."""
IDENTITY_CONFIGURATION = IDENTITY_SETUP - SAFE_CREATION
BATCH = 28_000
"""A Multicall3 transaction before its first identity."""
NODE_XDAI = 38_000
NODE_XDAI_TOP_UP = 12_500

# Calls of a Safe, in addition to its execution.
ADD_OWNER = 25_000
REMOVE_OWNER = 8_000
CHANGE_THRESHOLD = 8_000
ALLOWANCE = 20_000
ADD_NODE = 20_000
REMOVE_NODE = 10_000
REVOKE_TARGET = 15_000
SCOPE_TARGET = 60_000
CREATE_MODULE = 75_000
INITIALIZE_MODULE = 150_000
ENABLE_MODULE = 50_000
INCLUDE_NODE = 75_000
NODE_BINDING = 65_000
"""registerSafeWithNodeSig."""
SELF_REGISTRATION = 45_000
"""selfRegister."""
DECOMMISSION_CALL = 10_000
"""A call that releases a node or pays the wallet."""
WXHOPR_DRAIN = 38_000
"""Additional gas of such a call that pays wxHOPR."""

APPROVAL = 50_000
WXHOPR_TRANSFER = 141_000
WXHOPR_TRANSFER_TOP_UP = 95_000
WXHOPR_OPERATOR_PAYMENT = 91_000
"""One `transferFrom` by the operator Safe; the Safe transaction around all of them costs an execution once."""
WXHOPR_OPERATOR_TOP_UP = 60_000

REGISTRATION_BATCH = 30_000
REGISTRATION = 50_000
FORCE_SYNC_BATCH = 26_000
FORCE_SYNC = 5_000
DEREGISTRATION_BATCH = 24_000
DEREGISTRATION = 11_000

_MARGIN_PERCENT = 10
_LIMIT_PERCENT = 30


def fits(gas: int, block_gas_limit: int) -> bool:
    """Return whether the gas of a transaction, with the margin, is within the limit of a block."""
    return gas * (100 + _MARGIN_PERCENT) <= block_gas_limit * 100


def limit(gas: int, block_gas_limit: int) -> int:
    """Return the gas limit of a transaction, with a margin: unused gas is not paid."""
    return min(gas * (100 + _LIMIT_PERCENT) // 100, block_gas_limit)
