"""A run parses the configuration once, reads secrets once, and shares one budget among all pools."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.dynamic.config import Config

from config.models.scalars import Amount
from identity.errors import AwsError
from identity.run import Run
from testkit import aws as service

KEY = "0x" + "11" * 32
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
PREVIOUS, FORMER = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69", "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
PLANTED = {"DEPLOYER_PRIVATE_KEY": KEY, "IDENTITY_PASSWORD": "planted password", "HOPRD_API_TOKEN": "planted token"}
FROM_AWS = {"address": ADDRESS, "from": {"secretsManager": {"secretId": "prod/hoprd", "region": "eu-central-1"}}}


def run_with(**sections: Any) -> Run:
    return Run(Config({f"hoprd:{name}": json.dumps(section) for name, section in sections.items()}, "hoprd"))


@pytest.fixture
def secret_in_aws(aws: str) -> Iterator[None]:
    client = service.client("secretsmanager")
    client.create_secret(Name="prod/hoprd", SecretString=json.dumps(PLANTED))
    yield
    client.delete_secret(SecretId="prod/hoprd", ForceDeleteWithoutRecovery=True)


def test_secrets_are_read_once_in_a_run(secret_in_aws: None) -> None:
    run = run_with(wallet=FROM_AWS)
    first = run.secrets
    service.client("secretsmanager").delete_secret(SecretId="prod/hoprd", ForceDeleteWithoutRecovery=True)
    assert run.secrets == first
    with pytest.raises(AwsError):
        _ = run_with(wallet=FROM_AWS).secrets


def test_a_failed_read_is_repeated(aws: str) -> None:
    run = run_with(wallet=FROM_AWS)
    with pytest.raises(AwsError):
        _ = run.secrets
    service.client("secretsmanager").create_secret(Name="prod/hoprd", SecretString=json.dumps(PLANTED))
    assert run.secrets.private_key


def test_limits_for_all_pools_come_from_the_configuration() -> None:
    assert run_with(spending={"xdai": "5"}).budget.total.xdai == Amount("5")
    assert run_with().budget.total.xdai is None


def test_the_wallets_that_can_have_deployed_a_safe_start_with_the_present_one() -> None:
    wallet = {
        "privateKey": KEY,
        "identityPassword": "planted password",
        "previous": {"address": PREVIOUS, "kms": {"keyId": "alias/previous"}},
        "formerAddresses": [FORMER],
    }
    wallets = run_with(wallet=wallet).wallets(PREVIOUS, "0xrecorded")
    assert tuple(wallets.candidates) == (ADDRESS, PREVIOUS, FORMER, "0xrecorded")
    assert wallets.previous == PREVIOUS
