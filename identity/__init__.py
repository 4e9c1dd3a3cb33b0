"""Creates, provisions, verifies and decommissions node identities: keys, identity files, Safes, modules and funds.

docs/architecture.md lists the packages and the direction of their imports.
"""
