"""The fingerprint of an identity file: a run without changes decrypts no file, and the state is no faster oracle."""

import base64
import hashlib
import threading
from typing import Any

import pytest

from identity.keys import fingerprint, keyfile
from identity.keys.fingerprint import Fingerprints, NodeIds
from identity.keys_provider import NodeKeysProvider
from testkit.identity.node_keys import INPUTS, WALLET, configured

PASSWORD = "planted password"  # pragma: allowlist secret
NODE = NodeIds("0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69", "12D3KooW")


def created(provider: NodeKeysProvider, number: int = 1) -> dict[str, Any]:
    outputs = provider.create({**INPUTS, "identity": f"core-{number}"}).outs
    assert outputs
    return outputs


def test_a_comparison_without_changes_decrypts_no_file_and_derives_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = configured(PASSWORD)
    made = [created(provider, number) for number in range(3)]
    derive, derived = hashlib.scrypt, list[int]()

    def counted(password: bytes, **parameters: Any) -> bytes:
        derived.append(parameters["n"])
        return derive(password, **parameters)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    monkeypatch.setattr(keyfile, "read", lambda *_: pytest.fail("a file was decrypted"))
    later = configured(PASSWORD)
    for outputs in made:
        assert later.diff("", outputs, {**INPUTS, "identity": outputs["identity"]}).changes is False
    assert derived == [32_768]


@pytest.mark.usefixtures("cheap_key_derivation")
def test_a_state_without_fingerprints_is_compared_by_decryption() -> None:
    outputs = created(configured(PASSWORD))
    del outputs["fingerprint"]
    assert configured(PASSWORD).diff("", outputs, INPUTS).changes is False
    assert configured("another password", previous=PASSWORD).diff("", outputs, INPUTS).changes is True


@pytest.mark.usefixtures("cheap_key_derivation")
def test_another_password_is_a_change_and_gets_a_new_fingerprint() -> None:
    outputs = created(configured(PASSWORD))
    changed = configured("another password", previous=PASSWORD)
    assert changed.diff("", outputs, INPUTS).changes is True
    updated = changed.update("", outputs, INPUTS).outs
    assert updated
    assert updated["fingerprint"] != outputs["fingerprint"]
    assert configured("another password").diff("", updated, INPUTS).changes is False


@pytest.mark.usefixtures("cheap_key_derivation")
@pytest.mark.parametrize("key", ["identity_file", "native_address", "peer_id"])
def test_a_fingerprint_covers_the_file_and_the_node(key: str) -> None:
    outputs, other = created(configured(PASSWORD)), created(configured(PASSWORD))
    mixed = {**outputs, key: other[key]}
    node = NodeIds(mixed["native_address"], mixed["peer_id"])
    text = base64.b64decode(mixed["identity_file"]).decode()
    assert not Fingerprints(PASSWORD, WALLET).match(outputs["fingerprint"], text, node)


@pytest.mark.usefixtures("cheap_key_derivation")
def test_threads_derive_the_key_of_a_salt_once(monkeypatch: pytest.MonkeyPatch) -> None:
    derive, derived = hashlib.scrypt, list[bytes]()

    def counted(password: bytes, **parameters: Any) -> bytes:
        derived.append(parameters["salt"])
        return derive(password, **parameters)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    shared = Fingerprints(PASSWORD, WALLET)
    threads = [threading.Thread(target=shared.of, args=("text", NODE)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(derived) == 1


def test_a_guess_costs_more_with_the_fingerprint_than_with_the_file() -> None:
    assert fingerprint._N * fingerprint._R * fingerprint._P >= 4 * keyfile._N * keyfile._R * keyfile._P
