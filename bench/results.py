"""The figures of the chain benchmark, their bars, and their JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.observation import UnchangedRunFigures
from bench.provisioning import ChainTiming, PoolFigures

HOPLI_ON_THE_REAL_CONTRACTS = 1_179_571
"""Gas of one complete identity. Devnet's contracts use less, so the comparison here favours hopli."""


@dataclass(frozen=True)
class Comparison:
    """A pool of the program, and the same number of identities of hopli on the same contracts."""

    ours: PoolFigures
    hopli: PoolFigures

    @property
    def ratio(self) -> float:
        """The program's gas divided by hopli's."""
        return self.ours.gas / self.hopli.gas

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the results file."""
        return {
            "n": self.ours.n,
            "gasPerIdentity": self.ours.gas_per_identity,
            "transactions": self.ours.transactions,
            "seconds": self.ours.seconds,
            "blocks": self.ours.blocks,
            "blocksUntilDone": self.ours.blocks_until_done,
            "hopliGasPerIdentity": self.hopli.gas_per_identity,
            "hopliTransactions": self.hopli.transactions,
            "gasRatio": round(self.ratio, 3),
        }


@dataclass(frozen=True)
class Bar:
    """A promised maximum, and the measured value."""

    what: str
    most: float
    measured: float

    @property
    def met(self) -> bool:
        """Whether the measured value is within the bar."""
        return self.measured <= self.most

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the results file."""
        return {"what": self.what, "most": self.most, "measured": self.measured, "met": self.met}


@dataclass(frozen=True)
class Results:
    """All figures.

    The wallet of `rows` has paid through its operator Safe before. The wallet of `first_pool` has never used one.
    """

    timing: ChainTiming
    rows: tuple[Comparison, ...]
    first_pool: tuple[Comparison, ...]
    unchanged_run: UnchangedRunFigures

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars for the measured sizes."""
        return tuple(self._bars())

    def _bars(self) -> Iterator[Bar]:
        confirmations = self.timing.confirmations
        for row in self.rows:
            if row.ours.n == 20:
                yield Bar("gas of each identity, pool of 20", 905_000, row.ours.gas_per_identity)
                yield Bar("transactions, pool of 20", 4, row.ours.transactions)
        for name, rows in (("later", self.rows), ("first", self.first_pool)):
            for row in rows:
                if row.ours.n == 50 and self.timing.block_time_s:
                    what = f"blocks of a {name} pool of 50, with {confirmations} confirmations"
                    yield Bar(what, 8 + confirmations, row.ours.blocks_until_done)
        if self.unchanged_run.n == 200:
            yield Bar("requests of an unchanged run, 200 identities", 10, self.unchanged_run.requests)
            yield Bar("seconds of an unchanged run, 200 identities", 3, self.unchanged_run.seconds)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the results file."""
        return {
            "conditions": {
                "contracts": "devnet",
                "blockTimeS": self.timing.block_time_s,
                "confirmations": self.timing.confirmations,
                "rows": "the wallet has paid through its operator Safe before",
                "firstPool": "the wallet has never provisioned a pool",
            },
            "rows": [row.as_json() for row in self.rows],
            "firstPool": [row.as_json() for row in self.first_pool],
            "lookUp": {
                "n": self.unchanged_run.n,
                "requests": self.unchanged_run.requests,
                "seconds": self.unchanged_run.seconds,
                "requestsOfRefresh": self.unchanged_run.requests_of_refresh,
                "reference": f"{self.unchanged_run.n} sequential eth_calls",
                "referenceSeconds": self.unchanged_run.reference_seconds,
                "ratio": round(self.unchanged_run.ratio, 3),
            },
            "bars": [bar.as_json() for bar in self.bars],
        }
