"""The chain that a test works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from devnet.rpc import Rpc


@dataclass(frozen=True)
class DevelopmentChain:
    """A running chain with all contracts on it, and a wallet that may register nodes."""

    rpc_url: str
    wallet: LocalAccount
    contracts: dict[str, dict[str, str]]
    """Network name to contract name to address, as `deploy` returns them."""


@contextmanager
def reverted_at_the_end(rpc_url: str) -> Iterator[None]:
    """Revert everything that happens on an anvil in the context.

    `evm_revert` keeps the base fee of the next block, so this sets the one that belongs to the chain's last block.
    """
    with Rpc(rpc_url) as rpc:
        snapshot, base_fee = rpc.call("evm_snapshot"), next_base_fee(rpc)
        yield
        rpc.call("evm_revert", snapshot)
        rpc.call("anvil_setNextBlockBaseFeePerGas", base_fee)


def next_base_fee(rpc: Rpc) -> str:
    """The base fee of the next block, wei in hex."""
    fee: str = rpc.call("eth_feeHistory", "0x1", "latest", [])["baseFeePerGas"][-1]
    return fee
