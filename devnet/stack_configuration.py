"""The configuration of a stack on devnet: the checked-in file with devnet's chain, cluster and wallet."""

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


def adapt_to_devnet(
    checked_in: Mapping[str, Any], before: Mapping[str, Any], rpc_url: str, choices: Choices
) -> dict[str, Any]:
    """Return the stack's file for devnet; `before` is the previous one, with salt and encrypted secrets of the wallet.

    A chain that mines at once creates no empty blocks, so a transaction is final when it is mined; with a block time it
    needs as many confirmations as on Gnosis. Raise DevnetError when the checked-in file contains secrets outside of
    `wallet`: only its own passphrase or key decrypts them.
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
    undecryptable = [path for key, value in settings.items() if key != WALLET for path in _secrets(value, key)]
    if undecryptable:
        raise DevnetError(
            f"{', '.join(undecryptable)}: encrypted for another machine, devnet cannot decrypt it; "
            "set it without --secret"
        )
    return {_SALT: before[_SALT], "config": settings}


def missing_secrets(configuration: Mapping[str, Any]) -> list[str]:
    """Return the wallet's secrets that are not set yet; none with `wallet.from`, which reads them from elsewhere."""
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
