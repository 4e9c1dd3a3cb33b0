"""Places contracts at given addresses, as if they had been deployed there.

A deployment cannot produce the real addresses of a network without the keys of their deployers. So the creation code is
set as the code of the address, and called. It runs in the context of that address, so the storage that the constructor
writes, and `address(this)`, are right. It returns the contract's code, including the immutables for this address and
network, and that code replaces the creation code.
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
    """One contract and its address; all constructor arguments of these contracts are addresses."""

    contract: str
    address: str
    arguments: tuple[str, ...] = ()

    def creation_code(self, artifacts: Artifacts) -> str:
        arguments = encode(["address"] * len(self.arguments), self.arguments)
        return "0x" + (artifacts.creation_code(self.contract) + arguments).hex()


def place(rpc: Rpc, artifacts: Artifacts, placements: Sequence[Placement]) -> None:
    """Places the contracts; a constructor may call contracts of earlier calls, not those of the same call."""
    rpc.batch([("anvil_setCode", [one.address, one.creation_code(artifacts)]) for one in placements])
    codes = rpc.batch([("eth_call", [{"from": ADMINISTRATOR, "to": one.address}, "latest"]) for one in placements])
    send(rpc, [(one.address, b"") for one in placements])
    rpc.batch(
        [("anvil_setCode", [one.address, code]) for one, code in zip(placements, codes, strict=True)]
        # A deployed contract's nonce starts at 1, and determines the addresses of the contracts that it creates.
        + [("anvil_setNonce", [one.address, "0x1"]) for one in placements]
    )
