"""Interrupts a run at one of its transactions: a kill, a lost reply, or another action at that moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devnet.rpc import Rpc
from identity.chain.client import ChainClient
from identity.errors import RpcUnavailable


class Killed(BaseException):
    """Ends the process as SIGKILL would: no handler of the program catches it."""


class InterruptedClient(ChainClient):
    """Runs an action at the n-th transaction (from 0), before or after it reaches the endpoint."""

    def __init__(
        self, url: str, *, at: int, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None
    ) -> None:
        super().__init__(url, timeout_s=5, patience_s=5)
        self._at, self._before, self._after = at, before, after
        self.writes = 0

    def send(self, raw_transaction: bytes) -> None:
        here, self.writes = self.writes == self._at, self.writes + 1
        if here and self._before:
            self._before()
        super().send(raw_transaction)
        if here and self._after:
            self._after()


def kill() -> None:
    raise Killed


def lose_the_reply() -> None:
    raise RpcUnavailable("the connection dropped")


@contextmanager
def mining_after(delay_s: float, url: str) -> Iterator[None]:
    """Mine a block every 50 ms, starting after `delay_s`."""
    done = threading.Event()

    def mine() -> None:
        done.wait(delay_s)
        with Rpc(url) as rpc:
            while not done.wait(0.05):
                rpc.call("evm_mine")

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        done.set()
        miner.join()
