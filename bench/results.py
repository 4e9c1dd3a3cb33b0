"""The numbers of the chain benchmark, the bars they are held to, and how they are written to the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.observation import Looked
from bench.provisioning import Conditions, Made

HOPLI_ON_THE_REAL_CONTRACTS = 1_179_571
"""Gas of one complete identity; on devnet's contracts it is less, so the comparison here favours hopli."""


@dataclass(frozen=True)
class Row:
    """A pool made by us, and as many identities made by hopli's transactions on the same contracts."""

    ours: Made
    hopli: Made

    @property
    def ratio(self) -> float:
        """Our gas against hopli's."""
        return self.ours.gas / self.hopli.gas

    def as_json(self) -> dict[str, Any]:
        """As it is in the file."""
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
    """A promise, and what was measured of it."""

    what: str
    most: float
    measured: float

    @property
    def met(self) -> bool:
        """Whether it holds."""
        return self.measured <= self.most

    def as_json(self) -> dict[str, Any]:
        """As it is in the file."""
        return {"what": self.what, "most": self.most, "measured": self.measured, "met": self.met}


@dataclass(frozen=True)
class Results:
    """All numbers. `rows`: the wallet has paid through its operator Safe before; `first_pool`: it never has."""

    conditions: Conditions
    rows: tuple[Row, ...]
    first_pool: tuple[Row, ...]
    looked: Looked

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Those that the sizes measured say something about."""
        return tuple(self._bars())

    def _bars(self) -> Iterator[Bar]:
        confirmations = self.conditions.confirmations
        for row in self.rows:
            if row.ours.n == 20:
                yield Bar("gas of an identity, 20 at once", 905_000, row.ours.gas_per_identity)
                yield Bar("transactions for 20", 4, row.ours.transactions)
        for name, rows in (("later", self.rows), ("first", self.first_pool)):
            for row in rows:
                if row.ours.n == 50 and self.conditions.block_time_s:
                    what = f"blocks for 50 as a {name} pool, {confirmations} confirmations included"
                    yield Bar(what, 8 + confirmations, row.ours.blocks_until_done)
        if self.looked.n == 200:
            yield Bar("requests of a run without changes, 200 identities", 10, self.looked.requests)
            yield Bar("seconds of a run without changes, 200 identities", 3, self.looked.seconds)

    def as_json(self) -> dict[str, Any]:
        """As it is in the file."""
        return {
            "conditions": {
                "contracts": "devnet",
                "blockTimeS": self.conditions.block_time_s,
                "confirmations": self.conditions.confirmations,
                "rows": "the wallet has paid through its operator Safe before",
                "firstPool": "the wallet has never made a pool",
            },
            "rows": [row.as_json() for row in self.rows],
            "firstPool": [row.as_json() for row in self.first_pool],
            "lookUp": {
                "n": self.looked.n,
                "requests": self.looked.requests,
                "seconds": self.looked.seconds,
                "requestsOfRefresh": self.looked.requests_of_refresh,
                "reference": f"{self.looked.n} single eth_calls, one after the other",
                "referenceSeconds": self.looked.reference_seconds,
                "ratio": round(self.looked.ratio, 3),
            },
            "bars": [bar.as_json() for bar in self.bars],
        }
