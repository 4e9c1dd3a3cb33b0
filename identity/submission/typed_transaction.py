"""eth-account's encoding of typed transactions. Its import takes half a second: import this module to sign."""

import sys

# py_ecc, a dependency of eth-account, raises the recursion limit of the whole process to 100,000 when it is imported.
# Deeply nested JSON or YAML then overflows the C stack and ends the process with a segmentation fault instead of a
# RecursionError. So this is the only module that imports eth-account, and it restores the limit.
_recursion_limit = sys.getrecursionlimit()
from eth_account.typed_transactions.typed_transaction import TypedTransaction  # noqa: E402

sys.setrecursionlimit(_recursion_limit)

__all__ = ["TypedTransaction"]
