"""Keeps secrets out of the environment of child processes: plugins of a kubeconfig, credential helpers, the pulumi CLI.

Children inherit the environment of this process as it is when they start. What `/proc` shows of this process itself is
its environment at its own start, which nothing can change.
"""

import os
from collections.abc import Mapping, MutableMapping

from config.secret_keys import (
    DEPLOYER_PRIVATE_KEY,
    HOPRD_API_TOKEN,
    IDENTITY_PASSWORD,
    IDENTITY_SEED,
    PREVIOUS_IDENTITY_PASSWORD,
    RPC_URL,
)

_OWN = (
    DEPLOYER_PRIVATE_KEY,
    HOPRD_API_TOKEN,
    IDENTITY_PASSWORD,
    IDENTITY_SEED,
    PREVIOUS_IDENTITY_PASSWORD,
    RPC_URL,
)
_OF_PULUMI = ("PULUMI_CONFIG", "PULUMI_CONFIG_PASSPHRASE")
"""The decrypted configuration, and what decrypts it; a provider gets its configuration in `configure`."""


def forget_secrets(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove all secrets from the environment of this process; for a provider, which has its configuration."""
    for name in (*_OWN, *_OF_PULUMI):
        environment.pop(name, None)


def without_own_secrets(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for the pulumi CLI, which needs its passphrase and none of our secrets."""
    return {name: value for name, value in environment.items() if name not in _OWN}
