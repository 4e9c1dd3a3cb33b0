"""Controls the blocks of a test's chain: none at all, or one every 50 ms at a base fee."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devnet.rpc import Rpc

GWEI = 10**9
_BLOCK_TIME_S = 0.05


@contextmanager
def automine_disabled(url: str) -> Iterator[None]:
    """Keep transactions pending; only `mining` creates blocks."""
    with Rpc(url) as rpc:
        rpc.call("evm_setAutomine", False)
        try:
            yield
        finally:
            rpc.call("anvil_dropAllTransactions")
            rpc.call("evm_setAutomine", True)


@contextmanager
def mining(url: str, base_fee_gwei: Callable[[], float] | None = None) -> Iterator[threading.Lock]:
    """Mine the pending transactions every 50 ms, at the base fee that `base_fee_gwei` returns each time.

    No block is mined while a test holds the yielded lock.
    """
    done, pause = threading.Event(), threading.Lock()

    def mine() -> None:
        with Rpc(url) as rpc:
            while not done.wait(_BLOCK_TIME_S):
                with pause:
                    if base_fee_gwei:
                        rpc.call("anvil_setNextBlockBaseFeePerGas", hex(int(base_fee_gwei() * GWEI)))
                    rpc.call("evm_mine")

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield pause
    finally:
        done.set()
        miner.join()
