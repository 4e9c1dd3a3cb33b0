"""Find secrets in plain text in a stack file. The file, the state and backups would show them."""

import re
from collections.abc import Collection, Iterator

from pydantic import BaseModel, SecretStr

from config.errors import Problem
from config.models.settings import Settings

_KEY_PATTERN = re.compile(r"[0-9A-Za-z_-]{20,}")


def plaintext_secrets(settings: Settings, secret_sections: Collection[str]) -> list[Problem]:
    """Return a problem for each secret of the wallet, if Pulumi does not mark the section as secret."""
    if "wallet" in secret_sections:
        return []
    return [
        Problem(
            path,
            "is in plain text in the stack file; remove it, replace it with a new one if others may have read it, and "
            f"set it with: pulumi config set --stack {settings.stack} --secret --path {path}",
        )
        for path in _secret_paths(settings.wallet, "wallet")
    ]


def plaintext_rpc_key(settings: Settings, secret_sections: Collection[str]) -> Problem | None:
    """Return a problem if the RPC URL is not secret and seems to contain a key. A guess, so it is only a warning."""
    rest = settings.chain.rpc_url.get_secret_value().partition("://")[2]
    user, _, host_and_path = rest.rpartition("@")
    _, _, path = host_and_path.partition("/")
    if "chain" in secret_sections or not (user or _KEY_PATTERN.search(path)):
        return None
    return Problem(
        "chain.rpcUrl",
        "seems to contain a key and is in plain text, so the Pulumi state shows it; set it with: pulumi config set "
        f"--stack {settings.stack} --secret --path chain.rpcUrl",
    )


def _secret_paths(model: BaseModel, path: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield f"{path}.{field.alias or name}"
        elif isinstance(value, BaseModel):
            yield from _secret_paths(value, f"{path}.{field.alias or name}")
