"""`NodeKeys`: keys are generated once, the password may change, and the provider stores no secret."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from identity.errors import KeyfileError, WrongPassword
from identity.keys import keyfile, seed
from identity.keys_provider import NodeKeysProvider
from identity.provider import PoolOnChainProvider
from testkit.identity.node_keys import INPUTS, WALLET, configured

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

FILE = (Path(__file__).parent / "data" / "node_1.id").read_text()
ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


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


def test_read_and_diff_never_generate_keys(made: dict[str, Any]) -> None:
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
def test_a_new_password_without_the_previous_one_names_the_fix(made: dict[str, Any], previous: str | None) -> None:
    with pytest.raises(WrongPassword, match=r"in the state.*set wallet\.previousIdentityPassword"):
        configured("new", previous).update(made["native_address"], made, INPUTS)


@pytest.mark.parametrize("provider", [NodeKeysProvider, PoolOnChainProvider])
def test_a_pickled_provider_is_the_same_for_every_stack_and_holds_nothing(provider: type) -> None:
    assert serialize_provider(provider()) == serialize_provider(provider())
    assert vars(provider()) == {}
    assert provider.serialize_as_secret_always is False  # type: ignore[attr-defined]


def test_a_preview_reports_that_no_password_decrypts_the_file(made: dict[str, Any]) -> None:
    with pytest.raises(WrongPassword, match=r"in the state of core-1.*set wallet\.previousIdentityPassword"):
        configured("planted-other").diff(made["native_address"], made, INPUTS)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"imported": FILE[:100]}, r"core-1\.identityFile: identity file"),
        ({"imported": FILE, "peer_id": "12D3KooWLWoHJjaS1z9cXn19DE9gPrSbYHkf7CHMbUtLUqbZKDby"}, r"core-1\.peerId: "),
        ({"imported": FILE, "native_address": WALLET}, r"core-1\.nativeAddress: "),
    ],
)
def test_a_preview_reports_the_error_in_an_import(wrong: dict[str, Any], complaint: str) -> None:
    (failure,) = configured("e2e-test").check({}, {**INPUTS, **wrong}).failures
    assert re.search(complaint, failure.reason)
    assert configured("e2e-test").check({}, {**INPUTS, "imported": FILE}).failures == []


def test_an_import_may_be_removed_from_the_configuration_and_changes_nothing() -> None:
    provider = configured("e2e-test")
    outputs = provider.create({**INPUTS, "imported": FILE}).outs
    assert outputs
    assert outputs["native_address"] == ADDRESS
    assert provider.diff(ADDRESS, outputs, {**INPUTS, "imported": FILE}).changes is False
    assert provider.diff(ADDRESS, outputs, INPUTS).changes is False


@pytest.mark.parametrize("other", [{"imported": FILE}, {"source": "seed"}])
def test_keys_in_the_state_are_never_replaced(other: dict[str, Any]) -> None:
    provider = configured("e2e-test", seed="ab" * 32)
    made = provider.create(INPUTS).outs
    assert made
    for step in (provider.diff, provider.update):
        with pytest.raises(KeyfileError, match=f"the state of core-1 has the keys of node {made['native_address']}"):
            step(made["native_address"], made, {**INPUTS, **other})


def test_keys_are_derived_from_the_seed_which_is_in_no_output() -> None:
    outputs = configured("e2e-test", seed="ab" * 32).create({**INPUTS, "source": "seed"}).outs
    assert outputs
    expected = seed.derive(bytes.fromhex("ab" * 32), "rotsee", "core", "core-1")
    assert (outputs["peer_id"], outputs["native_address"]) == (expected.peer_id, expected.native_address)
    assert "abab" not in json.dumps(outputs)
