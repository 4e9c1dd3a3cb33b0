"""Finds the wallet that made each Safe, where more than one can have: its address commits to that wallet.

The state remembers it. This is for a state that was lost after the wallet was changed, and for previews. A Safe that
has not acted yet (nonce 0) tells nothing: anybody can make one for any wallet and node.
"""

from collections.abc import Mapping, Sequence

from config.models.networks import Network
from identity.chain.client import ChainClient
from identity.chain.views import read_views, view
from identity.evm.contracts import SAFE
from identity.observation.desired import DesiredIdentity


def find(chain: ChainClient, network: Network, candidates: Sequence[str], nodes: Mapping[str, str]) -> dict[str, str]:
    """By identity name, the first of the wallets whose Safe for the node has acted; nothing where none has."""
    asked = [
        (name, wallet, DesiredIdentity.predict(name, node, wallet, network).safe)
        for name, node in nodes.items()
        for wallet in candidates
    ]
    if len(candidates) < 2 or not asked:
        return {}
    found: dict[str, str] = {}
    nonces = read_views(chain, chain.latest_block(), [view(SAFE, safe, "nonce") for _, _, safe in asked])
    for (name, wallet, _), nonce in zip(asked, nonces, strict=True):
        if isinstance(nonce, int) and nonce > 0:
            found.setdefault(name, wallet)
    return found
