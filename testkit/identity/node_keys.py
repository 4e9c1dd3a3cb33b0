"""Inputs and configured providers of the `NodeKeys` resource."""

import json

from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from identity.keys_provider import NodeKeysProvider

WALLET = "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
INPUTS = {"identity": "core-1", "pool": "core", "network": "rotsee", "source": "random"}


def configured(password: str, previous: str | None = None, seed: str | None = None) -> NodeKeysProvider:
    """A provider as the engine configures it, with this wallet's passwords and seed."""
    wallet = {"address": WALLET, "identityPassword": password}
    wallet |= {"previousIdentityPassword": previous} if previous else {}
    wallet |= {"identitySeed": seed} if seed else {}
    provider = NodeKeysProvider()
    provider.configure(ConfigureRequest(Config({"hoprd:wallet": json.dumps(wallet)}, "hoprd")))
    return provider
