"""What accounts have paid for gas, from the blocks and receipts of the chain."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from devnet.rpc import Rpc


def transactions_since(rpc: Rpc, senders: Collection[str], block: int) -> list[dict[str, Any]]:
    """The mined transactions of these accounts after a block, in order."""
    accounts = {sender.lower() for sender in senders}
    newest = int(rpc.call("eth_blockNumber"), 16)
    blocks = [rpc.call("eth_getBlockByNumber", hex(number), True) for number in range(block + 1, newest + 1)]
    return [sent for one in blocks for sent in one["transactions"] if sent["from"].lower() in accounts]


def receipts_since(rpc: Rpc, senders: Collection[str], block: int) -> list[dict[str, Any]]:
    """The receipts of these accounts' transactions after a block, in order."""
    hashes = [sent["hash"] for sent in transactions_since(rpc, senders, block)]
    return [rpc.call("eth_getTransactionReceipt", one) for one in hashes]


def fees_paid_wei(rpc: Rpc, senders: Collection[str], since_block: int) -> int:
    """The gas that these accounts paid for after a block, for successful and for reverted transactions."""
    receipts = receipts_since(rpc, senders, since_block)
    return sum(int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16) for receipt in receipts)
