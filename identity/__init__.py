"""Creates, provisions, verifies and decommissions node identities: keys, identity files, Safes, modules and funds.

docs/architecture.md lists the packages and the direction of their imports.
"""

import sys

# py_ecc, a dependency of web3 and eth-keyfile, raises the recursion limit of the whole process to 100,000 when it is
# imported. Deeply nested JSON or YAML then overflows the C stack and ends the process with a segmentation fault
# instead of a RecursionError. So py_ecc is imported here, before anything else imports it, and the limit is restored.
_recursion_limit = sys.getrecursionlimit()
import py_ecc  # noqa: E402, F401

sys.setrecursionlimit(_recursion_limit)
