"""Gas use of the transactions: measured on the real contracts (docs/protocol.md#gas), with a margin.

The figures determine how identities are split over transactions, which way of paying wxHOPR is cheaper, and each gas
limit (the endpoint cannot estimate a transaction that follows one that is not mined yet).
"""

TRANSACTION = 21_000
SAFE_CREATION = 250_000
SAFE_EXECUTION = 62_000
IDENTITY_SETUP = 718_000
"""Safe, module, targets, allowance and membership of one identity, inside a batch."""
IDENTITY_CONFIGURATION = IDENTITY_SETUP - SAFE_CREATION
BATCH = 40_000
"""A Multicall3 transaction before its first identity."""
NODE_XDAI = 38_000
NODE_XDAI_TOP_UP = 13_000
OWNER_CHANGE = 60_000
REPAIR_CALL = 110_000

APPROVAL = 50_000
WXHOPR_TRANSFER = 141_000
WXHOPR_OPERATOR_PAYMENT = 91_000
"""One `transferFrom` by the operator Safe; the Safe transaction around all of them costs SAFE_EXECUTION once."""

REGISTRATION_BATCH = 30_000
REGISTRATION = 50_000
NODE_BINDING = 120_000
"""registerSafeWithNodeSig, inside a Safe transaction."""
SELF_REGISTRATION = 90_000
"""selfRegister, inside a Safe transaction."""
FORCE_SYNC_BATCH = 26_000
FORCE_SYNC = 5_000

DECOMMISSION_CALL = 20_000
"""One call of a Safe that releases its node or pays the wallet, in addition to SAFE_EXECUTION."""
WXHOPR_DRAIN = 40_000
"""Additional gas of such a call that pays wxHOPR."""
DEREGISTRATION = 20_000

_MARGIN_PERCENT = 10
_LIMIT_PERCENT = 30


def fits(gas: int, block_gas_limit: int) -> bool:
    """Return whether the gas of a transaction, with the margin, is within the limit of a block."""
    return gas * (100 + _MARGIN_PERCENT) <= block_gas_limit * 100


def limit(gas: int, block_gas_limit: int) -> int:
    """Return the gas limit of a transaction, with a margin: unused gas is not paid."""
    return min(gas * (100 + _LIMIT_PERCENT) // 100, block_gas_limit)
