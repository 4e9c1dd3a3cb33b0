"""What it costs to find out that nothing is to be done: requests and seconds of a `pulumi up` that changes nothing."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from bench.environment import BenchChain
from bench.provisioning import Report
from config.models.pools import Pool
from identity.configured import Properties
from identity.evm.contracts import TOKEN
from identity.preview import describe_pool
from identity.provider import PoolOnChainProvider
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.chain.stack import inputs_for
from testkit.faults.relay import relaying

_REPEATED = 5


@dataclass(frozen=True)
class Looked:
    """A pool on which nothing is to be done; seconds are medians of several runs, in processes that are warm.

    `requests`: of a whole `pulumi up`, with the table of its preview and both times that the engine compares.

    `reference_seconds`: as many single `eth_call`s as there are identities, one after the other over one connection,
    each for one balance: the least that a look without batches would take.
    """

    n: int
    requests: int
    seconds: float
    requests_of_refresh: int
    reference_seconds: float

    @property
    def ratio(self) -> float:
        """Time against the reference."""
        return self.seconds / self.reference_seconds


def at_nothing_to_do(environment: BenchChain, size: int, report: Report) -> Looked:
    """Makes a pool, then asks what the program and the engine ask in a `pulumi up` that changes nothing."""
    pool = environment.pool(size, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    pool.apply(report=report, journal=environment.journal())
    report(f"looking at {size} identities")
    inputs = _inputs(pool)
    state = _provider(pool, environment.chain.rpc_url).read("", inputs).outs or {}
    with relaying(environment.chain.rpc_url) as relay:
        _change_nothing(pool, relay.url, state, inputs)
        requests = relay.counts.total()
        _provider(pool, relay.url).read("", state)
        requests_of_refresh = relay.counts.total() - requests
    return Looked(
        n=size,
        requests=requests,
        seconds=_seconds(lambda: _change_nothing(pool, environment.chain.rpc_url, state, inputs)),
        requests_of_refresh=requests_of_refresh,
        reference_seconds=_seconds(lambda: _single_calls(pool)),
    )


def _change_nothing(pool: PoolOnChain, rpc_url: str, state: Properties, inputs: Properties) -> None:
    """The preview with its table, then the update: the engine starts the provider anew for each."""
    describe_pool(pool.settings(rpc_url), "core", inputs["nodes"])
    for _ in ("preview", "update"):
        provider = _provider(pool, rpc_url)
        failures, changes = provider.check(state, inputs).failures, provider.diff("", state, inputs).changes
        if failures or changes:
            raise RuntimeError(f"a pool that was just made is not complete: {failures or 'something is missing'}")


def _inputs(pool: PoolOnChain) -> Properties:
    inputs: Properties = inputs_for(pool, Pool(size=len(pool.desired.identities)))
    return inputs


def _provider(pool: PoolOnChain, rpc_url: str) -> PoolOnChainProvider:
    configuration = {
        "hoprd:chain": json.dumps({"rpcUrl": rpc_url}),
        "hoprd:wallet": json.dumps({"privateKey": bytes(pool.chain.wallet.key).hex(), "identityPassword": "unused"}),
    }
    provider = PoolOnChainProvider()
    provider.configure(ConfigureRequest(Config(configuration, "hoprd")))
    return provider


def _single_calls(pool: PoolOnChain) -> None:
    client, token = pool.client(), pool.desired.contracts.token
    for identity in pool.desired.identities:
        client.call(token, TOKEN.encode("balanceOf", identity.safe))


def _seconds(run: Callable[[], None]) -> float:
    def timed() -> float:
        started = perf_counter()
        run()
        return perf_counter() - started

    return round(median(timed() for _ in range(_REPEATED)), 3)
