"""The wallet's key and the passwords lie in AWS: `pulumi up` reads them there, signs in KMS, and keeps none of them."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devnet.facts import Facts
from devnet.home import Home
from tests.aws import client, make_signing_key
from tests.e2e.fleet import CLUSTER, POOL, Fleet

NAME = "elsewhere"
SECRET = "prod/hoprd"
PASSWORDS = {"IDENTITY_PASSWORD": "planted-first-password", "HOPRD_API_TOKEN": "planted-token"}
SOURCE = {"secretsManager": {"secretId": SECRET}}


@pytest.fixture
def private_key(devnet_home: Home) -> str:
    return devnet_home.wallet_key.read_text().strip().removeprefix("0x")


@pytest.fixture
def fleet(devnet_home: Home, devnet: Facts, tmp_path: Path, aws: str) -> Iterator[Fleet]:
    """A small stack of its own, which is taken away at the end."""

    def small(settings: dict[str, Any]) -> None:
        settings["platform"]["namespace"] = NAME
        settings["pools"][POOL]["size"] = 2
        settings["clusters"][CLUSTER]["replicas"] = 1

    made = Fleet.create(devnet_home, devnet, tmp_path, NAME)
    made.edit(small)
    yield made
    made.must("destroy")


def use_wallet(fleet: Fleet, **wallet: Any) -> None:
    """Say where the wallet lies, in the file that is made for devnet."""
    if not fleet.stack.file.exists():
        fleet.stack.prepare()
    content = yaml.safe_load(fleet.stack.file.read_text())
    content["config"]["hoprd:wallet"] = {"address": fleet.facts.wallet, "from": SOURCE, **wallet}
    fleet.stack.file.write_text(yaml.safe_dump(content))


def store(values: dict[str, str]) -> None:
    client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(values))


def wallet_secret(fleet: Fleet) -> dict[str, str]:
    data = fleet.objects("secret")[f"{POOL}-wallet"]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def assert_nowhere(fleet: Fleet, *secrets: str) -> None:
    shown = json.dumps(fleet.resources()) + fleet.printed.read_text()
    encoded = [base64.b64encode(secret.encode()).decode().rstrip("=") for secret in secrets]
    assert not [secret for secret in (*secrets, *encoded) if secret in shown]


def addresses(fleet: Fleet) -> dict[str, Any]:
    return {name: (row["peerId"], row["nativeAddress"]) for name, row in fleet.outputs()["identities"].items()}


def test_a_stack_lives_on_secrets_and_a_key_that_lie_in_aws(fleet: Fleet, private_key: str) -> None:
    # everything from Secrets Manager
    client("secretsmanager").create_secret(Name=SECRET, SecretString="{}")
    store({"DEPLOYER_PRIVATE_KEY": private_key, **PASSWORDS})
    use_wallet(fleet)
    fleet.must("up")
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 2, "locked": 1}
    assert wallet_secret(fleet) == {"DEPLOYER_PRIVATE_KEY": private_key, **PASSWORDS}
    before, sent = addresses(fleet), fleet.transactions_of_the_wallet()

    # another password: the same identities, nothing on chain
    changed = {**PASSWORDS, "IDENTITY_PASSWORD": "planted-second-password"}
    store({"DEPLOYER_PRIVATE_KEY": private_key, "PREVIOUS_IDENTITY_PASSWORD": "planted-first-password", **changed})
    fleet.must("up")
    assert addresses(fleet) == before
    assert fleet.transactions_of_the_wallet() == sent
    assert wallet_secret(fleet)["IDENTITY_PASSWORD"] == "planted-second-password"

    # the key in KMS: one more identity, signed for there, and no key left in the cluster
    make_signing_key(private_key=bytes.fromhex(private_key))
    store(changed)
    use_wallet(fleet, kms={"keyId": "alias/wallet"})

    def grow(settings: dict[str, Any]) -> None:
        settings["pools"][POOL]["size"] = 3
        settings["pools"][POOL]["funding"]["secretName"] = "payer"

    fleet.edit(grow)
    fleet.must("up")
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 3, "locked": 1}
    assert fleet.transactions_of_the_wallet() > sent
    assert wallet_secret(fleet) == changed

    # gone: told in one line before anything is changed
    client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    refused = fleet.run("preview")
    assert refused.returncode != 0
    assert "wallet.from.secretsManager: reading prod/hoprd: AWS has nothing of this name" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr

    client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(changed))
    assert_nowhere(fleet, private_key, "planted-first-password", "planted-second-password", "planted-token")
