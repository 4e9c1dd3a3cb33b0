"""The cost of an unchanged run: requests and seconds of a `pulumi up` that has nothing to do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Self

from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from bench.environment import BenchChain
from bench.provisioning import Report
from config.models.pools import Pool
from identity.configured import Properties
from identity.evm.contracts import TOKEN
from identity.provider import PoolOnChainProvider
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.chain.preview import describe_pool
from testkit.chain.stack import inputs_for
from testkit.faults.relay import relaying

_REPETITIONS = 5


@dataclass(frozen=True)
class UnchangedRunFigures:
    """The figures of a provisioned pool; seconds are medians of several runs in a warm process.

    `requests` counts a whole `pulumi up`: the table of its preview, and both comparisons of the engine.

    `reference_seconds` is the time of one `eth_call` for each identity, sequentially over one connection: the minimum
    for an observation without batches.
    """

    n: int
    requests: int
    seconds: float
    requests_of_refresh: int
    reference_seconds: float

    @property
    def ratio(self) -> float:
        """The time divided by the reference."""
        return self.seconds / self.reference_seconds


def measure_unchanged_run(environment: BenchChain, size: int, report: Report) -> UnchangedRunFigures:
    """Provision a pool, then send the requests of an unchanged `pulumi up`."""
    pool = environment.pool(size, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    pool.apply(report=report, journal=environment.journal())
    report(f"measuring an unchanged run of {size} identities")
    unchanged = UnchangedRun.of(pool)
    requests, requests_of_refresh = unchanged.count_requests()
    return UnchangedRunFigures(
        n=size,
        requests=requests,
        seconds=_median_seconds(lambda: unchanged.up(environment.chain.rpc_url)),
        requests_of_refresh=requests_of_refresh,
        reference_seconds=_median_seconds(lambda: _call_one_by_one(pool)),
    )


@dataclass(frozen=True)
class UnchangedRun:
    """A provisioned pool with its inputs and its state, of which a run changes nothing."""

    pool: PoolOnChain
    inputs: Properties
    state: Properties

    @classmethod
    def of(cls, pool: PoolOnChain) -> Self:
        """Read the pool's state from the chain."""
        inputs = inputs_for(pool, Pool(size=len(pool.desired.identities)))
        return cls(pool, inputs, _provider(pool, pool.chain.rpc_url).read("", inputs).outs or {})

    def up(self, rpc_url: str) -> None:
        """Run the preview with its table, then the update: the engine starts a new provider for each."""
        describe_pool(self.pool.settings(rpc_url), "core", self.inputs["nodes"])
        for _ in ("preview", "update"):
            provider = _provider(self.pool, rpc_url)
            failures = provider.check(self.state, self.inputs).failures
            changes = provider.diff("", self.state, self.inputs).changes
            if failures or changes:
                raise RuntimeError(
                    f"the pool is incomplete right after it was provisioned: {failures or 'changes planned'}"
                )

    def count_requests(self) -> tuple[int, int]:
        """Return the number of requests of a `pulumi up`, and of a refresh."""
        with relaying(self.pool.chain.rpc_url) as relay:
            self.up(relay.url)
            requests = relay.counts.total()
            _provider(self.pool, relay.url).read("", self.state)
            return requests, relay.counts.total() - requests


def _provider(pool: PoolOnChain, rpc_url: str) -> PoolOnChainProvider:
    configuration = {
        "hoprd:chain": json.dumps({"rpcUrl": rpc_url}),
        "hoprd:wallet": json.dumps({"privateKey": bytes(pool.chain.wallet.key).hex(), "identityPassword": "unused"}),
    }
    provider = PoolOnChainProvider()
    provider.configure(ConfigureRequest(Config(configuration, "hoprd")))
    return provider


def _call_one_by_one(pool: PoolOnChain) -> None:
    client, token = pool.client(), pool.desired.contracts.token
    for identity in pool.desired.identities:
        client.call(token, TOKEN.encode("balanceOf", identity.safe))


def _median_seconds(run: Callable[[], None]) -> float:
    def timed() -> float:
        started = perf_counter()
        run()
        return perf_counter() - started

    return round(median(timed() for _ in range(_REPETITIONS)), 3)
