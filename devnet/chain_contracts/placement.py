"""Puts contracts at addresses of our choice, as if they had been deployed there.

The real addresses of a network cannot be reached by deploying: the deployers' keys are not ours. So the creation code
is placed at the address as if it were the contract, and called. It runs in the contract's own context: what the
constructor stores, and what it takes from `address(this)`, belongs to that address. What it returns is the contract's
code, with the immutables of this very address and network, and takes the creation code's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode

from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.chain_contracts.compiler import Artifacts
from devnet.chain_contracts.transactions import send
from devnet.rpc import Rpc


@dataclass(frozen=True)
class Placement:
    """One contract and the address it is to have; all arguments of our constructors are addresses."""

    contract: str
    address: str
    arguments: tuple[str, ...] = ()

    def creation_code(self, artifacts: Artifacts) -> str:
        arguments = encode(["address"] * len(self.arguments), self.arguments)
        return "0x" + (artifacts.creation_code(self.contract) + arguments).hex()


def place(rpc: Rpc, artifacts: Artifacts, placements: Sequence[Placement]) -> None:
    """Puts the contracts in place; a constructor may call contracts placed before, not those placed along with it."""
    rpc.batch([("anvil_setCode", [one.address, one.creation_code(artifacts)]) for one in placements])
    codes = rpc.batch([("eth_call", [{"from": ADMINISTRATOR, "to": one.address}, "latest"]) for one in placements])
    send(rpc, [(one.address, b"") for one in placements])
    rpc.batch(
        [("anvil_setCode", [one.address, code]) for one, code in zip(placements, codes, strict=True)]
        # A deployed contract's nonce starts at 1, which decides the addresses of what it creates.
        + [("anvil_setNonce", [one.address, "0x1"]) for one in placements]
    )
