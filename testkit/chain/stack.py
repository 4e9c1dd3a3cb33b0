"""A stack as the provider of `PoolOnChain` gets it: its configuration and a pool's inputs."""

from __future__ import annotations

import base64
import json
from typing import Any

from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from config.models.identities import Identity
from config.models.pools import Pool
from config.models.settings import Settings
from config.models.wallet import Wallet
from config.validation.parse import parse
from identity.keys import keyfile
from identity.keys.pair import NodeKeyPair
from identity.observation.pool_spec import IDENTITY_FILES, PoolSpec
from identity.provider import PoolOnChainProvider
from testkit.chain.pool_on_chain import SIZE, PoolOnChain, node_key
from testkit.config.sample import good

POOL = "core"
PLANTED = "planted-identity-password"


def settings_of_stack(pool: PoolOnChain, **of_pool: Any) -> Settings:
    """The settings of a stack whose only pool is this one, with nothing in a cluster."""
    raw = good()
    raw["chain"] = {"rpcUrl": pool.chain.rpc_url}
    raw["wallet"]["privateKey"] = bytes(pool.chain.wallet.key).hex()
    raw["clusters"], raw["nodes"] = {}, {}
    raw["pools"] = {POOL: {"size": SIZE, "balances": {"nodeXdai": "0.1", "safeWxhopr": "10"}, **of_pool}}
    return parse(raw, "test")


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


def identity_files(size: int) -> dict[str, str]:
    """The encrypted identity files (base64) of the nodes `core-1` to `core-<size>`, opened by `PLANTED`."""
    files = {}
    for number in range(1, size + 1):
        keys = NodeKeyPair(node_key(number), bytes([number]) * 32)
        files[f"core-{number}"] = base64.b64encode(keyfile.write(keys, PLANTED).encode()).decode()
    return files


def inputs_with_files(
    pool: PoolOnChain, files: dict[str, str], *, retired: tuple[str, ...] = (), drain: bool = False
) -> Any:
    """The inputs of a pool with these identity files, of which some identities are retired."""
    settings = Pool(
        size=SIZE,
        balances={"node_xdai": "0.1", "safe_wxhopr": "10"},  # type: ignore[arg-type]
        identities={name: Identity(retire=True) for name in retired},
        drain_on_destroy=drain,
    )
    return inputs_for(pool, settings, files=files)


def inputs_for(pool: PoolOnChain, settings: Pool, name: str = "core", files: dict[str, str] | None = None) -> Any:
    """The inputs of the pool's resource, as they come out of the state."""
    nodes = {identity.name: identity.node for identity in pool.desired.identities}
    inputs = inputs_of(settings_of(pool, settings, name), name, nodes, files)
    return json.loads(json.dumps(inputs))


def inputs_of(
    settings: Settings, pool_name: str, nodes: dict[str, str], files: dict[str, str] | None = None
) -> dict[str, Any]:
    """The inputs that the program gives the resource; by default with identity files that are never opened."""
    spec = PoolSpec.configured(settings, pool_name, nodes)
    return {**spec.properties(), IDENTITY_FILES: files or dict.fromkeys(nodes, "bm90IG5lZWRlZA==")}


def settings_of(pool: PoolOnChain, settings: Pool, name: str = "core") -> Settings:
    """The part of a stack's settings that a pool's inputs come from."""
    return Settings.model_construct(  # type: ignore[call-arg]
        network=pool.desired.network,
        wallet=Wallet.model_construct(address=pool.desired.wallet),
        pools={name: settings},
    )


def created(provider: PoolOnChainProvider, inputs: Any) -> dict[str, Any]:
    """The outputs of the created pool."""
    outputs = provider.create(inputs).outs
    assert outputs
    return outputs


def updated(provider: PoolOnChainProvider, olds: Any, news: Any) -> dict[str, Any]:
    """The outputs of the pool after an update."""
    outputs = provider.update(f"rotsee/{news['pool']}", olds, news).outs
    assert outputs
    return outputs
