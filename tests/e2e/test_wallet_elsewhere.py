"""The wallet's key and the passwords are stored elsewhere: `pulumi up` reads them and keeps no copy."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from devnet.home import Home
from testkit.aws import client, make_signing_key
from testkit.e2e.fleet import POOL, Fleet

SECRET = "prod/hoprd"
PASSWORDS = {"IDENTITY_PASSWORD": "planted-first-password", "HOPRD_API_TOKEN": "planted-token"}
SOURCE = {"secretsManager": {"secretId": SECRET}}


@pytest.fixture
def private_key(devnet_home: Home) -> str:
    return devnet_home.wallet_key.read_text().strip().removeprefix("0x")


def use_wallet(fleet: Fleet, source: dict[str, Any], **wallet: Any) -> None:
    """Set the source of the wallet in the generated configuration."""
    if not fleet.stack.file.exists():
        fleet.stack.prepare()
    content = yaml.safe_load(fleet.stack.file.read_text())
    content["config"]["hoprd:wallet"] = {"address": fleet.info.wallet, "from": source, **wallet}
    fleet.stack.file.write_text(yaml.safe_dump(content))


def store(values: dict[str, str]) -> None:
    client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(values))


def write_secret(fleet: Fleet, values: dict[str, str]) -> None:
    """Write a Secret with kubectl like an operator; the values are not arguments."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "by-hand"}, "stringData": values}
    file = fleet.stack.source.with_name("secret.json")
    file.write_text(json.dumps(secret))
    fleet.kubectl("replace" if "by-hand" in fleet.objects("secret") else "create", "-n", "in-cluster", "-f", str(file))
    file.unlink()


def wallet_secret(fleet: Fleet) -> dict[str, str]:
    data = fleet.objects("secret")[f"{POOL}-wallet"]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def assert_nowhere(fleet: Fleet, *secrets: str) -> None:
    shown = json.dumps(fleet.resources()) + fleet.printed.read_text()
    encoded = [base64.b64encode(secret.encode()).decode().rstrip("=") for secret in secrets]
    assert not [secret for secret in (*secrets, *encoded) if secret in shown]


def assert_not_in_the_decrypted_state(fleet: Fleet, *secrets: str) -> None:
    decrypted = fleet.stack.capture("export", ["--show-secrets"]).stdout
    assert '"plaintext"' in decrypted
    encoded = [base64.b64encode(secret.encode()).decode().rstrip("=") for secret in secrets]
    assert not [secret for secret in (*secrets, *encoded) if secret in decrypted]


def addresses(fleet: Fleet) -> dict[str, Any]:
    return {name: (row["peerId"], row["nativeAddress"]) for name, row in fleet.outputs()["identities"].items()}


def test_a_stack_uses_secrets_and_a_key_in_aws(small_fleet: Callable[[str], Fleet], private_key: str, aws: str) -> None:
    fleet = small_fleet("in-aws")
    # All values come from Secrets Manager.
    client("secretsmanager").create_secret(Name=SECRET, SecretString="{}")
    store({"DEPLOYER_PRIVATE_KEY": private_key, **PASSWORDS})
    use_wallet(fleet, SOURCE)
    fleet.must("up")
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 2, "locked": 1}
    assert wallet_secret(fleet) == {"DEPLOYER_PRIVATE_KEY": private_key, **PASSWORDS}
    before, sent = addresses(fleet), fleet.transactions_of_the_wallet()

    # Another password, and the key is in KMS: it signs for one more identity, and the cluster has no key.
    make_signing_key(private_key=bytes.fromhex(private_key))
    changed = {**PASSWORDS, "IDENTITY_PASSWORD": "planted-second-password"}
    store({"PREVIOUS_IDENTITY_PASSWORD": PASSWORDS["IDENTITY_PASSWORD"], **changed})
    use_wallet(fleet, SOURCE, kms={"keyId": "alias/wallet"})

    def grow(settings: dict[str, Any]) -> None:
        settings["pools"][POOL]["size"] = 3
        settings["pools"][POOL]["funding"]["secretName"] = "payer"

    fleet.edit(grow)
    fleet.must("up")
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 3, "locked": 1}
    assert fleet.transactions_of_the_wallet() > sent
    assert before.items() <= addresses(fleet).items()
    assert wallet_secret(fleet) == changed

    # The secret is deleted: one line reports it before anything changes.
    client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    refused = fleet.run("preview")
    assert refused.returncode != 0
    assert "wallet.from.secretsManager: reading prod/hoprd: AWS has no resource with this name" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr

    client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(changed))
    assert_nowhere(fleet, private_key, "planted-first-password", "planted-second-password", "planted-token")


def test_a_stack_uses_a_secret_of_its_cluster(small_fleet: Callable[[str], Fleet], private_key: str) -> None:
    fleet = small_fleet("in-cluster")
    use_wallet(fleet, {"kubernetesSecret": "by-hand"})

    def name_the_secret(settings: dict[str, Any]) -> None:
        settings["platform"]["createNamespace"] = False
        settings["pools"][POOL]["secretName"] = "by-hand"

    fleet.edit(name_the_secret)

    # The Secret does not exist yet: one line of the preview reports it.
    fleet.kubectl("create", "namespace", "in-cluster")
    refused = fleet.run("preview")
    assert refused.returncode != 0
    assert "there is no Secret 'by-hand' in namespace 'in-cluster'" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr

    # It exists: pods read it, and the program creates no copy.
    write_secret(fleet, {"DEPLOYER_PRIVATE_KEY": private_key, **PASSWORDS})
    fleet.must("up")
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 2, "locked": 1}
    assert f"{POOL}-wallet" not in fleet.objects("secret")
    before, sent = addresses(fleet), fleet.transactions_of_the_wallet()

    # Another password: the same identities, and no transaction.
    changed = {**PASSWORDS, "IDENTITY_PASSWORD": "planted-second-password"}
    previous = {"PREVIOUS_IDENTITY_PASSWORD": PASSWORDS["IDENTITY_PASSWORD"]}
    write_secret(fleet, {"DEPLOYER_PRIVATE_KEY": private_key, **previous, **changed})
    fleet.must("up")
    write_secret(fleet, {"DEPLOYER_PRIVATE_KEY": private_key, **changed})
    fleet.must("up")
    assert addresses(fleet) == before
    assert fleet.transactions_of_the_wallet() == sent
    assert_nowhere(fleet, private_key, "planted-first-password", "planted-second-password", "planted-token")
    # Values that are neither in the configuration nor in a Secret of the program are not in the state, even encrypted.
    assert_not_in_the_decrypted_state(fleet, private_key, *PASSWORDS.values(), "planted-second-password")
