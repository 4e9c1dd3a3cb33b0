"""A valid configuration, with a value in every field that a test may make invalid."""

import copy
from collections.abc import Mapping
from typing import Any

from config.errors import ConfigurationError
from config.validation.parse import parse

PRIVATE_KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
WALLET_ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
PASSWORD = "correct-horse-battery"
API_TOKEN = "token^of-the-api"
RPC_URL = "https://user:rpcpass@rpc.example.com/v1/rpc-key-0123456789"
SECRETS = (PRIVATE_KEY, PASSWORD, API_TOKEN, "rpc-key-0123456789", "rpcpass")
TOKEN = "0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1"
ABSENT = object()
_CONTRACTS = (
    "token",
    "channels",
    "announcements",
    "moduleImplementation",
    "networkRegistry",
    "networkRegistryProxy",
    "nodeSafeRegistry",
    "nodeStakeFactory",
    "ticketPriceOracle",
    "winningProbabilityOracle",
)

_GOOD: dict[str, Any] = {
    "network": "rotsee",
    "networks": {
        "mine": {
            "chainId": 31337,
            "contracts": dict.fromkeys(_CONTRACTS, TOKEN),
            "provider": "https://rpc.mine.example.org",
        }
    },
    "chain": {"rpcUrl": RPC_URL},
    "wallet": {"privateKey": PRIVATE_KEY, "identityPassword": PASSWORD, "apiToken": API_TOKEN},
    "platform": {
        "namespace": "hoprd",
        "ingress": {"dnsDomain": "staging.hoprnet.link", "loadBalancerIp": "116.203.0.10"},
        "images": {"metrics": "registry.example.org/metrics:1.0.0", "hopli": "registry.example.org/hopli:3.0.2"},
    },
    "pools": {"core": {"size": 7, "funding": {"schedule": "0 */6 * * *", "nativeAmount": "0.1"}}},
    "clusters": {
        "edge": {
            "pool": "core",
            "replicas": 5,
            "config": "hopr:\n  chain:\n    announce: true\n",
            "version": "2.1.0",
            "supportedRelease": "saint-louis",
        }
    },
    "nodes": {
        "solo": {"pool": "core", "config": "hopr: {}", "version": "2.1.0", "supportedRelease": "saint-louis"},
    },
}


def good() -> dict[str, Any]:
    """A copy that a test may change."""
    return copy.deepcopy(_GOOD)


def changed(changes: Mapping[str, object]) -> dict[str, Any]:
    """The valid configuration with the values at some paths (`pools/core/size`) replaced; ABSENT removes a value."""
    raw = good()
    for path, value in changes.items():
        *parents, last = path.split("/")
        parent_mapping = raw
        for parent in parents:
            parent_mapping = parent_mapping.setdefault(parent, {})
        if value is ABSENT:
            del parent_mapping[last]
        else:
            parent_mapping[last] = copy.deepcopy(value)
    return raw


def problems(raw: Mapping[str, object], secret_sections: tuple[str, ...] = ()) -> list[str]:
    """Each problem of a configuration, as the user reads it."""
    try:
        parse(raw, "test", secret_sections)
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return []
