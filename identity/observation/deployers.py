"""Finds the deployer of each Safe where several wallets are candidates: the Safe's address commits to its deployer.

The state stores the deployer. This module serves previews, and stacks that lost their state after a change of wallet. A
Safe that has not executed anything yet (nonce 0) proves nothing: anyone can create one for any wallet and node.
"""

from collections.abc import Mapping, Sequence

from config.models.networks import Network
from identity.chain.client import ChainClient
from identity.chain.views import read_views, view
from identity.evm.contracts import SAFE
from identity.observation.desired import DesiredIdentity


def find(chain: ChainClient, network: Network, candidates: Sequence[str], nodes: Mapping[str, str]) -> dict[str, str]:
    """Return, by identity name, the first candidate whose Safe for the node has executed a transaction.

    Identities without such a candidate are absent. With fewer than two candidates the result is empty.
    """
    predicted = [
        (name, wallet, DesiredIdentity.predict(name, node, wallet, network).safe)
        for name, node in nodes.items()
        for wallet in candidates
    ]
    if len(candidates) < 2 or not predicted:
        return {}
    found: dict[str, str] = {}
    nonces = read_views(chain, chain.latest_block(), [view(SAFE, safe, "nonce") for _, _, safe in predicted])
    for (name, wallet, _), nonce in zip(predicted, nonces, strict=True):
        if isinstance(nonce, int) and nonce > 0:
            found.setdefault(name, wallet)
    return found
