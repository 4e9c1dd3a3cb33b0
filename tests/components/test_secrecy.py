"""Secrets are marked as such wherever they are handed to the engine, and are nowhere else."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from tests.components.engine import Engine, run
from tests.manifests import samples

SECRET = "1b47061264138c4ac30d75fd1eb44270"
SIGNATURE = "4dabf18193072939515e22adb298388d"
PLANTED = ("11" * 32, "planted-password", "planted-token", "planted-rpc-key")


@pytest.fixture(scope="module")
def seed() -> Engine:
    return run(samples.settings())


def clear_texts(value: Any) -> Iterator[str]:
    """Every text that is not inside of a secret."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) != SECRET:
            for key, inner in value.items():
                yield str(key)
                yield from clear_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from clear_texts(inner)
    else:
        yield str(value)


def test_no_planted_secret_is_registered_in_clear(seed: Engine) -> None:
    needles = [*PLANTED, *(f"file-of-{samples.POOL_NAME}-1",)]
    encoded = [b64encode(text.encode()).decode().rstrip("=") for text in ("0x" + "11" * 32, *PLANTED[1:3])]
    for one in seed.registered:
        texts = list(clear_texts(one.inputs))
        for needle in [*needles, *encoded]:
            assert not any(needle in text for text in texts), (one.urn, needle)


def secret_data(engine: Engine, name: str) -> dict[str, str]:
    data = engine.one("v1:Secret", f"{samples.POOL_NAME}-{name}").inputs["data"]
    assert data[SIGNATURE] == SECRET
    values: dict[str, Any] = data["value"]
    return {key: value["value"] if isinstance(value, dict) else value for key, value in values.items()}


def test_secrets_carry_their_values_as_secrets(seed: Engine) -> None:
    wallet = secret_data(seed, "wallet")
    assert wallet.keys() == {"DEPLOYER_PRIVATE_KEY", "IDENTITY_PASSWORD", "HOPRD_API_TOKEN"}
    assert wallet["IDENTITY_PASSWORD"] == b64encode(b"planted-password").decode()
    files = secret_data(seed, "identities")
    assert files == {name: f"file-of-{name}" for name in samples.POOL.identity_names(samples.POOL_NAME)}


def test_the_rpc_url_of_the_funding_job_is_a_secret(seed: Engine) -> None:
    expected = b64encode(b"https://rpc.example.org/planted-rpc-key").decode()
    assert secret_data(seed, "funding-rpc") == {"RPC_URL": expected}


def test_public_data_of_a_custom_resource_is_not_hidden_with_its_file(seed: Engine) -> None:
    spec = seed.one("v1alpha2:IdentityHoprd", f"{samples.POOL_NAME}-1-resource").inputs["spec"]
    assert spec["peerId"] == f"peer-of-{samples.POOL_NAME}-1"
    assert spec["identityFile"][SIGNATURE] == SECRET
