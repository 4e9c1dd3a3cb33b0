"""The contracts: interfaces, addresses, calls and revert reasons. Pure."""
