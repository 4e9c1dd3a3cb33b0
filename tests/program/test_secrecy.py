"""Secrets are marked as secret in every input of the engine, and are not in other inputs."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from components.preparation import Prepared
from config.models.settings import Settings
from config.models.wallet import SecretsManagerSecret, Wallet, WalletSource
from identity.errors import AwsError
from testkit.aws import client
from testkit.components.recording_engine import Engine, run
from testkit.manifests import samples

SECRET = "1b47061264138c4ac30d75fd1eb44270"
SIGNATURE = "4dabf18193072939515e22adb298388d"
PLANTED = ("11" * 32, "planted-password", "planted-token", "planted-rpc-key")


def plaintexts(value: Any) -> Iterator[str]:
    """Every string outside of secrets."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) != SECRET:
            for key, inner in value.items():
                yield str(key)
                yield from plaintexts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from plaintexts(inner)
    else:
        yield str(value)


def test_no_planted_secret_is_registered_in_plain_text(example: Engine) -> None:
    needles = [*PLANTED, *(f"file-of-{samples.POOL_NAME}-1",)]
    encoded = [b64encode(text.encode()).decode().rstrip("=") for text in ("0x" + "11" * 32, *PLANTED[1:3])]
    for one in example.registered:
        texts = list(plaintexts(one.inputs))
        for needle in [*needles, *encoded]:
            assert not any(needle in text for text in texts), (one.urn, needle)


def secret_data(engine: Engine, name: str) -> dict[str, str]:
    data = engine.one("v1:Secret", f"{samples.POOL_NAME}-{name}").inputs["data"]
    assert data[SIGNATURE] == SECRET
    values: dict[str, Any] = data["value"]
    return {key: value["value"] if isinstance(value, dict) else value for key, value in values.items()}


def test_the_data_of_secrets_is_secret(example: Engine) -> None:
    wallet = secret_data(example, "wallet")
    assert wallet.keys() == {"DEPLOYER_PRIVATE_KEY", "IDENTITY_PASSWORD", "HOPRD_API_TOKEN"}
    assert wallet["IDENTITY_PASSWORD"] == b64encode(b"planted-password").decode()
    files = secret_data(example, "identities")
    assert files == {name: f"file-of-{name}" for name in samples.POOL.identity_names(samples.POOL_NAME)}


@pytest.mark.parametrize("funding", [None, {"secret_name": "payer"}])
def test_the_secret_of_the_pods_has_the_wallets_key_only_if_the_funding_job_pays_from_it(
    stack: Callable[..., Settings], funding: dict[str, Any] | None
) -> None:
    job = samples.POOL.funding.model_copy(update=funding) if samples.POOL.funding and funding else None
    engine = run(stack(pool={"funding": job}, replicas=0))
    assert secret_data(engine, "wallet").keys() == {"IDENTITY_PASSWORD", "HOPRD_API_TOKEN"}
    jobs = engine.of_type("v1:CronJob").values()
    assert [("payer" in str(one.inputs), "-wallet" in str(one.inputs)) for one in jobs] == [(True, False)] * len(jobs)


def elsewhere() -> Settings:
    """The example, with its secrets in AWS Secrets Manager."""
    source = WalletSource(secrets_manager=SecretsManagerSecret(secret_id="prod/hoprd"))
    address = samples.settings().wallet.address
    return samples.settings(wallet=Wallet(source=source, address=address))


def test_values_from_secrets_manager_reach_the_cluster_as_secrets(aws: str) -> None:
    values = {"DEPLOYER_PRIVATE_KEY": "11" * 32, "IDENTITY_PASSWORD": "planted-password"}
    text = json.dumps(values | {"HOPRD_API_TOKEN": "planted-token"})
    client("secretsmanager").create_secret(Name="prod/hoprd", SecretString=text)
    engine = run(elsewhere())
    assert {key: b64decode(value).decode() for key, value in secret_data(engine, "wallet").items()} == {
        **values,
        "HOPRD_API_TOKEN": "planted-token",
    }
    texts = [text for one in engine.registered for text in plaintexts(one.inputs)]
    encoded = [b64encode(value.encode()).decode() for value in PLANTED]
    assert not [text for text in texts if any(needle in text for needle in [*PLANTED, *encoded])]


def test_unavailable_secrets_are_reported_before_anything_is_registered(aws: str) -> None:
    with pytest.raises(AwsError, match=r"wallet\.from\.secretsManager: reading prod/hoprd"):
        Prepared.of(elsewhere())


def test_the_rpc_url_of_the_funding_job_is_a_secret(example: Engine) -> None:
    expected = b64encode(b"https://rpc.example.org/planted-rpc-key").decode()
    assert secret_data(example, "funding-rpc") == {"RPC_URL": expected}


def test_public_data_of_a_custom_resource_is_not_hidden_with_its_file(example: Engine) -> None:
    spec = example.one("v1alpha2:IdentityHoprd", f"{samples.POOL_NAME}-1-resource").inputs["spec"]
    assert spec["peerId"] == f"peer-of-{samples.POOL_NAME}-1"
    assert spec["identityFile"][SIGNATURE] == SECRET
