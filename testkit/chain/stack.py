"""A stack as the provider of `PoolOnChain` sees it: its configuration, and a pool's inputs as the state has them."""

from __future__ import annotations

import json
from typing import Any

from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from config.models.pools import Pool
from identity.provider import PoolOnChainProvider, _nodes_of_this_run, _run_budget
from identity.provisioning.pool_state import inputs_of
from testkit.chain.pool_on_chain import PoolOnChain

PLANTED = "planted-identity-password"


def configured(
    rpc_url: str, private_key: str, *, wallet: dict[str, Any] | None = None, **settings: Any
) -> PoolOnChainProvider:
    """The provider with this wallet; `wallet` adds to its configuration, `settings` are other parts of the stack's."""
    parts = {
        "chain": {"rpcUrl": rpc_url, "confirmations": 1, "blockTimeS": 0},
        "wallet": {"privateKey": private_key, "identityPassword": PLANTED, **(wallet or {})},
        **settings,
    }
    provider = PoolOnChainProvider()
    texts = {f"hoprd:{name}": json.dumps(part) for name, part in parts.items()}
    provider.configure(ConfigureRequest(Config(texts, "hoprd")))
    return provider


def inputs_for(pool: PoolOnChain, settings: Pool, name: str = "core", files: dict[str, str] | None = None) -> Any:
    """What the pool's resource is given, as it comes out of the state."""
    desired = pool.desired
    nodes = {identity.name: identity.node for identity in desired.identities}
    given = files or dict.fromkeys(nodes, "bm90IG5lZWRlZA==")
    made = inputs_of(name, desired.network, desired.wallet, settings, nodes=nodes, identity_files=given)
    return json.loads(json.dumps(made))


def created(provider: PoolOnChainProvider, inputs: Any) -> dict[str, Any]:
    """The outputs of the pool, made."""
    outputs = provider.create(inputs).outs
    assert outputs
    return outputs


def updated(provider: PoolOnChainProvider, olds: Any, news: Any) -> dict[str, Any]:
    """The outputs of the pool after an update."""
    outputs = provider.update(f"rotsee/{news['pool']}", olds, news).outs
    assert outputs
    return outputs


def new_run() -> None:
    """The next `pulumi up`, which is another process: nothing is spent or planned yet."""
    _run_budget.cache_clear()
    _nodes_of_this_run.cache_clear()
