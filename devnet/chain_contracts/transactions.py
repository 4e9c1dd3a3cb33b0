"""Transactions of the development chain's administrator, an impersonated account."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.errors import ChainContractsError
from devnet.rpc import Rpc

GAS_EACH = 600_000
"""Gas limit of one transaction: about twice the gas of the most expensive one, the token's constructor."""
ADMINISTRATOR_BALANCE_WEI = 10**21


def send(rpc: Rpc, calls: Sequence[tuple[str, bytes]]) -> None:
    """Sends one transaction for each (address, data), waits until all are mined, and raises when one failed.

    Works with any block time: it mines the blocks itself when the chain does not mine at once.
    """
    rpc.call("anvil_setBalance", ADMINISTRATOR, hex(ADMINISTRATOR_BALANCE_WEI))
    rpc.call("anvil_impersonateAccount", ADMINISTRATOR)
    first_nonce = int(rpc.call("eth_getTransactionCount", ADMINISTRATOR, "latest"), 16)
    hashes = rpc.batch(
        [
            (
                "eth_sendTransaction",
                [
                    {
                        "from": ADMINISTRATOR,
                        "to": address,
                        "data": "0x" + data.hex(),
                        "gas": hex(GAS_EACH),
                        "nonce": hex(first_nonce + position),
                    }
                ],
            )
            for position, (address, data) in enumerate(calls)
        ]
    )
    rpc.call("anvil_stopImpersonatingAccount", ADMINISTRATOR)
    for (address, _), status in zip(calls, _statuses(rpc, hashes), strict=True):
        if status != "0x1":
            raise ChainContractsError(f"the development chain's transaction to {address} failed (status {status})")


def _statuses(rpc: Rpc, hashes: Sequence[str]) -> list[str]:
    while True:
        receipts = rpc.batch([("eth_getTransactionReceipt", [transaction]) for transaction in hashes])
        if all(receipts):
            return [receipt["status"] for receipt in receipts]
        rpc.call("evm_mine")
