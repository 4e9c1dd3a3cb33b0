"""Blocks as a test wants them: none at all, or one every moment at a base fee."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devnet.rpc import Rpc

GWEI = 10**9
_MOMENT_S = 0.05


@contextmanager
def nothing_is_mined(url: str) -> Iterator[None]:
    """Transactions wait in line, and blocks come by `mining` alone."""
    with Rpc(url) as rpc:
        rpc.call("evm_setAutomine", False)
        try:
            yield
        finally:
            rpc.call("anvil_dropAllTransactions")
            rpc.call("evm_setAutomine", True)


@contextmanager
def mining(url: str, base_fee_gwei: Callable[[], float] | None = None) -> Iterator[threading.Lock]:
    """Makes a block every moment, with what is in line, at the base fee that `base_fee_gwei` tells each time.

    Who holds the lock that it yields keeps blocks from being made.
    """
    done, pause = threading.Event(), threading.Lock()

    def mine() -> None:
        with Rpc(url) as rpc:
            while not done.wait(_MOMENT_S):
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
