"""The configuration of a stack on devnet: the checked-in file with devnet's chain, cluster and wallet put in (pure)."""

from collections.abc import Iterator, Mapping
from typing import Any

from devnet.cluster.kubeconfig import CONTEXT
from devnet.errors import DevnetError
from devnet.home import Choices

WALLET = "hoprd:wallet"
CHAIN = "hoprd:chain"
PLATFORM = "hoprd:platform"
WALLET_SECRETS = ("privateKey", "identityPassword", "apiToken")
_SALT = "encryptionsalt"
_GNOSIS_CONFIRMATIONS = 8


def on_devnet(
    checked_in: Mapping[str, Any], before: Mapping[str, Any], rpc_url: str, choices: Choices
) -> dict[str, Any]:
    """The stack's file for devnet; `before` is the one made last, with the salt and the wallet's encrypted secrets.

    A chain that mines at once makes no block by itself, so a transaction counts when it is mined; with a block time it
    needs as many confirmations as on Gnosis. DevnetError where the checked-in file holds other secrets: only its own
    passphrase or key opens them.
    """
    settings = dict(checked_in.get("config") or {})
    block_time_s = choices.block_time_s
    settings[CHAIN] = {
        **(settings.get(CHAIN) or {}),
        "rpcUrl": rpc_url,
        "blockTimeS": block_time_s,
        "confirmations": _GNOSIS_CONFIRMATIONS if block_time_s else 1,
    }
    settings[PLATFORM] = {**(settings.get(PLATFORM) or {}), "kubeContext": CONTEXT}
    settings[WALLET] = (before.get("config") or {}).get(WALLET) or {}
    foreign = [path for key, value in settings.items() if key != WALLET for path in _secrets(value, key)]
    if foreign:
        raise DevnetError(
            f"{', '.join(foreign)}: encrypted for another machine, devnet cannot read it; set it in clear"
        )
    return {_SALT: before[_SALT], "config": settings}


def missing_secrets(configuration: Mapping[str, Any]) -> list[str]:
    """The wallet's secrets that are not set yet; none where the stack's wallet was told that they lie elsewhere."""
    wallet = configuration["config"][WALLET]
    return [] if "from" in wallet else [name for name in WALLET_SECRETS if name not in wallet]


def _secrets(value: object, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            yield path
        for key, inner in value.items():
            yield from _secrets(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _secrets(inner, f"{path}[{index}]")
