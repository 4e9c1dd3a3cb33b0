"""The chain that a test works on."""

from __future__ import annotations

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount


@dataclass(frozen=True)
class DevelopmentChain:
    """A running chain with all contracts on it, and a wallet that may register nodes."""

    rpc_url: str
    wallet: LocalAccount
    contracts: dict[str, dict[str, str]]
    """Network name to contract name to address, as `deploy` returns them."""
