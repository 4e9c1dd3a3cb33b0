"""Secrets from AWS Secrets Manager: the rules of the configuration apply, and no message shows a value."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from config.errors import HoprdError
from config.models.wallet import KmsKey, SecretsManagerSecret, Wallet, WalletSource
from identity.errors import SecretsUnavailable, WrongKey
from identity.secrets.signers import signers_of
from identity.secrets.sources import secrets_of
from testkit import aws as service

KEY = "07" * 32
PLANTED = {"DEPLOYER_PRIVATE_KEY": KEY, "IDENTITY_PASSWORD": "planted password", "HOPRD_API_TOKEN": "planted token"}
OTHER = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


def store(values: object) -> None:
    text = values if isinstance(values, str) else json.dumps(values)
    service.client("secretsmanager").create_secret(Name="prod/hoprd", SecretString=text)


def wallet(**changes: Any) -> Wallet:
    source = WalletSource(secrets_manager=SecretsManagerSecret(secret_id="prod/hoprd"))
    address = Wallet(private_key=SecretStr(KEY), identity_password=SecretStr("x")).address
    return Wallet(**{"source": source, "address": address, **changes})


def reported(**changes: Any) -> HoprdError:
    with pytest.raises(HoprdError) as caught:
        secrets_of(wallet(**changes))
    shown = f"{caught.value}{caught.value!r}"
    assert not [value for value in PLANTED.values() if value in shown]
    return caught.value


def test_all_secrets_come_from_the_source(aws: str) -> None:
    store(PLANTED | {"IDENTITY_SEED": "ab" * 32, "PREVIOUS_IDENTITY_PASSWORD": "before"})
    secrets = secrets_of(wallet())
    assert secrets.private_key == SecretStr(KEY)
    assert secrets.identity_password == SecretStr("planted password")
    assert secrets.api_token == SecretStr("planted token")
    assert secrets.identity_seed == SecretStr("ab" * 32)
    assert secrets.previous_identity_password == SecretStr("before")
    assert signers_of(wallet(), secrets).wallet.address == wallet().address
    assert "planted" not in repr(secrets)


def test_the_configuration_takes_precedence_over_the_source(aws: str) -> None:
    store(PLANTED | {"IDENTITY_SEED": "ab" * 32, "PREVIOUS_IDENTITY_PASSWORD": "before"})
    secrets = secrets_of(wallet(identity_seed=SecretStr("cd" * 32), previous_identity_password=SecretStr("configured")))
    assert secrets.identity_seed == SecretStr("cd" * 32)
    assert secrets.previous_identity_password == SecretStr("configured")


def test_with_a_key_in_kms_the_source_needs_none_and_another_is_ignored(aws: str) -> None:
    store(
        {key: value for key, value in PLANTED.items() if key != "DEPLOYER_PRIVATE_KEY"} | {"DEPLOYER_PRIVATE_KEY": ""}
    )
    assert secrets_of(wallet(kms=KmsKey(key_id="alias/wallet"), address=OTHER)).private_key is None


def test_a_key_of_another_account_is_refused_with_both_addresses(aws: str) -> None:
    store(PLANTED)
    error = reported(address=OTHER)
    assert isinstance(error, WrongKey)
    assert str(error) == (
        f"wallet.from.secretsManager: DEPLOYER_PRIVATE_KEY is the key of {wallet().address}, but wallet.address is "
        f"{OTHER}: correct one of them"
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("planted password", "prod/hoprd is not a JSON object of strings: write"),
        ('["planted password"]', "prod/hoprd is not a JSON object of strings: write"),
        (PLANTED | {"IDENTITY_PASSWORD": 5}, "prod/hoprd is not a JSON object of strings: write"),
        ({"HOPRD_API_TOKEN": "planted token"}, "has no DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD: add the missing keys"),
        (PLANTED | {"IDENTITY_PASSWORD": " "}, "IDENTITY_PASSWORD is empty: correct it there"),
        (
            PLANTED | {"DEPLOYER_PRIVATE_KEY": f"{KEY}\n"},
            "DEPLOYER_PRIVATE_KEY is not a private key (64 hex digits, with or without 0x): correct it "
            "there (check for a trailing newline)",
        ),
        (PLANTED | {"DEPLOYER_PRIVATE_KEY": "0" * 64}, "DEPLOYER_PRIVATE_KEY is not a valid secp256k1 private key"),
        (PLANTED | {"HOPRD_API_TOKEN": "planted"}, "HOPRD_API_TOKEN has fewer than 8 characters, and hoprd does not"),
        (PLANTED | {"IDENTITY_SEED": "planted"}, "IDENTITY_SEED is not a seed (64 hex digits"),
    ],
)
def test_an_error_in_the_source_names_source_and_key_and_never_the_value(aws: str, values: object, said: str) -> None:
    store(values)
    error = reported()
    assert isinstance(error, SecretsUnavailable)
    assert str(error).startswith(f"wallet.from.secretsManager: {said}")


def test_the_error_for_an_absent_secret_names_it(aws: str) -> None:
    assert str(reported()) == (
        "wallet.from.secretsManager: reading prod/hoprd: AWS has no resource with this name in the current region: "
        "check the name and the region"
    )


def test_the_error_for_a_missing_password_names_the_command_that_sets_it() -> None:
    with pytest.raises(SecretsUnavailable, match=r"wallet\.identityPassword: is missing; set it with: pulumi config"):
        secrets_of(Wallet(private_key=SecretStr(KEY)))
