"""Keys, identity files and everything an identity needs on chain: look, plan, apply, look again.

Imports go one way: provider -> apply, preflight, preview -> plan, observe -> wallet -> chain -> calls, addresses,
keyfile, keys -> errors. Only provider.py knows Pulumi; web3 is used in chain.py alone.
"""
