"""Secrets that a stack's file holds in clear: who reads the file, the state's events or its backups has them. Pure."""

import re
from collections.abc import Collection, Iterator

from pydantic import BaseModel, SecretStr

from config.errors import Problem
from config.models.settings import Settings

_LIKE_A_KEY = re.compile(r"[0-9A-Za-z_-]{20,}")


def secrets_in_clear(settings: Settings, secret_sections: Collection[str]) -> list[Problem]:
    """Each secret of a wallet section that Pulumi marks as holding none; an error, since they open money."""
    if "wallet" in secret_sections:
        return []
    return [
        Problem(
            path,
            "is in clear in the stack's file: take it out and use a new one where others may have read it, then set "
            f"it with: pulumi config set --stack {settings.stack} --secret --path {path}",
        )
        for path in _paths(settings.wallet, "wallet")
    ]


def rpc_key_in_clear(settings: Settings, secret_sections: Collection[str]) -> Problem | None:
    """Where the RPC URL seems to hold a provider's key, and is no secret; worth a warning, since it may be none."""
    rest = settings.chain.rpc_url.get_secret_value().partition("://")[2]
    user, _, host_and_path = rest.rpartition("@")
    _, _, path = host_and_path.partition("/")
    if "chain" in secret_sections or not (user or _LIKE_A_KEY.search(path)):
        return None
    return Problem(
        "chain.rpcUrl",
        "seems to hold a key and is in clear: the state and what it writes show it; set it with: pulumi config set "
        f"--stack {settings.stack} --secret --path chain.rpcUrl",
    )


def _paths(model: BaseModel, path: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield f"{path}.{field.alias or name}"
        elif isinstance(value, BaseModel):
            yield from _paths(value, f"{path}.{field.alias or name}")
