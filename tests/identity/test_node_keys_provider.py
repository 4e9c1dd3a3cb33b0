"""`NodeKeys`: keys are made once, the password may change, and no secret is kept in the provider."""

import base64
import json
from typing import Any

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pulumi.dynamic.dynamic import serialize_provider

from identity import keyfile
from identity.errors import WrongPassword
from identity.keys_provider import NodeKeysProvider
from identity.provider import PoolOnChainProvider

ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
INPUTS = {"identity": "core-1", "pool": "core", "network": "rotsee", "source": "random"}


def configured(password: str, previous: str | None = None) -> NodeKeysProvider:
    wallet = {"address": ADDRESS, "identityPassword": password}
    provider = NodeKeysProvider()
    settings = {"hoprd:wallet": json.dumps(wallet | ({"previousIdentityPassword": previous} if previous else {}))}
    provider.configure(ConfigureRequest(Config(settings, "hoprd")))
    return provider


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    outputs = configured("planted").create(INPUTS).outs
    assert outputs
    return outputs


def keys_in(outputs: dict[str, Any], password: str) -> object:
    return keyfile.read(base64.b64decode(outputs["identity_file"]), password).keys


def test_outputs_are_those_of_the_file(made: dict[str, Any]) -> None:
    identity = keyfile.read(base64.b64decode(made["identity_file"]), "planted")
    assert (made["peer_id"], made["native_address"]) == (identity.peer_id, identity.native_address)
    assert "planted" not in json.dumps(made)


def test_reading_and_comparing_never_make_new_keys(made: dict[str, Any]) -> None:
    provider = configured("planted")
    assert provider.read(made["native_address"], made).outs == made
    assert provider.diff(made["native_address"], made, INPUTS).changes is False


def test_a_new_password_encrypts_the_same_keys_and_replaces_nothing(made: dict[str, Any]) -> None:
    provider = configured("new", previous="planted")
    difference = provider.diff(made["native_address"], made, INPUTS)
    assert difference.changes is True
    assert not difference.replaces
    outputs = provider.update(made["native_address"], made, INPUTS).outs
    assert outputs
    assert keys_in(outputs, "new") == keys_in(made, "planted")
    assert {key: outputs[key] for key in ("peer_id", "native_address")} == {
        key: made[key] for key in ("peer_id", "native_address")
    }
    assert provider.diff(made["native_address"], outputs, INPUTS).changes is False


@pytest.mark.parametrize("previous", [None, "also wrong"])
def test_a_new_password_without_the_one_before_says_what_to_do(made: dict[str, Any], previous: str | None) -> None:
    with pytest.raises(WrongPassword, match=r"in the state.*set wallet\.previousIdentityPassword"):
        configured("new", previous).update(made["native_address"], made, INPUTS)


@pytest.mark.parametrize("provider", [NodeKeysProvider, PoolOnChainProvider])
def test_a_pickled_provider_is_the_same_for_every_stack_and_holds_nothing(provider: type) -> None:
    assert serialize_provider(provider()) == serialize_provider(provider())
    assert vars(provider()) == {}
    assert provider.serialize_as_secret_always is False  # type: ignore[attr-defined]
