"""The configuration of a stack on devnet: the checked-in file with devnet's chain, cluster and wallet."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from config.command.yaml_file import read_yaml
from config.command.yaml_scalars import STARTS_OF_NUMBERS
from config.errors import ConfigurationError
from devnet.cluster.kubeconfig import CONTEXT
from devnet.errors import DevnetError
from devnet.home import Choices

WALLET = "hoprd:wallet"
CHAIN = "hoprd:chain"
PLATFORM = "hoprd:platform"
WALLET_SECRETS = ("privateKey", "identityPassword", "apiToken")
_SALT = "encryptionsalt"
_GNOSIS_CONFIRMATIONS = 8


class _Dumper(yaml.SafeDumper):
    """Quotes text that PyYAML would write plain although Pulumi reads it as a number or a date, such as 1e21."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if text.startswith(tuple(STARTS_OF_NUMBERS)) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def read_stack_file(file: Path) -> dict[str, Any]:
    """Read a stack file as Pulumi does. Raise DevnetError for an invalid one."""
    try:
        read = read_yaml(file)
    except ConfigurationError as error:
        raise DevnetError(str(error)) from error
    for keys, lines in read.duplicates:
        raise DevnetError(f"{file}: {'.'.join(keys)} is set {len(lines)} times, in lines {lines}; keep one")
    return read.content if isinstance(read.content, dict) else {}


def to_yaml(configuration: Mapping[str, Any]) -> str:
    """The text of a stack file that Pulumi reads as this configuration."""
    return yaml.dump(dict(configuration), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


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
