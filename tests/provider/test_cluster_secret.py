"""Secrets that are stored in a Secret of the cluster, read with the program's access to the cluster."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pydantic import SecretStr

from config.models.platform import Ingress, Platform
from config.models.wallet import Wallet, WalletSource
from devnet.home import Home
from identity.errors import SecretsUnavailable
from identity.keys.keyfile import read as read_file
from identity.keys_provider import NodeKeysProvider
from identity.secrets.sources import Secrets, secrets_of
from testkit.provider.other_client import OtherClient

KEY = "07" * 32
VALUES = {"DEPLOYER_PRIVATE_KEY": KEY, "IDENTITY_PASSWORD": "planted password", "HOPRD_API_TOKEN": "planted token"}


@pytest.fixture(autouse=True)
def cluster_of_devnet(devnet_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that `pulumi up` has."""
    monkeypatch.setenv("KUBECONFIG", str(devnet_home.kubeconfig))


def read(namespace: str, context: str | None = None) -> Secrets:
    ingress = Ingress(dns_domain="devnet.localhost", load_balancer_ip="127.0.0.1")
    address = Wallet(private_key=SecretStr(KEY)).address
    wallet = Wallet(source=WalletSource(kubernetes_secret="prod"), address=address)
    return secrets_of(wallet, Platform(namespace=namespace, kube_context=context, ingress=ingress))


def put(client: OtherClient, values: dict[str, str]) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prod"}, "data": encoded}
    client.apply(secret)


def test_all_values_come_from_the_secret(namespace: str, other_client: OtherClient) -> None:
    put(other_client, VALUES)
    expected = Secrets(SecretStr(KEY), SecretStr("planted password"), None, SecretStr("planted token"))
    for context in (None, "devnet"):
        assert read(namespace, context) == expected


def test_a_provider_reads_the_secret_that_the_stacks_configuration_names(
    namespace: str, other_client: OtherClient
) -> None:
    put(other_client, VALUES)
    ingress = {"dnsDomain": "devnet.localhost", "loadBalancerIp": "127.0.0.1"}
    address = Wallet(private_key=SecretStr(KEY)).address
    settings = {
        "hoprd:wallet": json.dumps({"from": {"kubernetesSecret": "prod"}, "address": address}),
        "hoprd:platform": json.dumps({"namespace": namespace, "kubeContext": "devnet", "ingress": ingress}),
    }
    provider = NodeKeysProvider()
    provider.configure(ConfigureRequest(Config(settings, "hoprd")))
    created = provider.create({"identity": "core-1"}).outs
    assert created
    assert read_file(base64.b64decode(created["identity_file"]), "planted password").native_address
    assert "planted" not in json.dumps(created)


def test_missing_keys_of_the_secret_are_reported(namespace: str, other_client: OtherClient) -> None:
    put(other_client, {"IDENTITY_PASSWORD": "planted password"})
    message = "wallet.from.kubernetesSecret: has no DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN: add the missing keys"
    with pytest.raises(SecretsUnavailable, match=re.escape(message)):
        read(namespace)


def test_a_missing_secret_is_reported_with_its_required_keys(namespace: str) -> None:
    message = (
        f"there is no Secret 'prod' in namespace '{namespace}': create it with DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD"
    )
    with pytest.raises(SecretsUnavailable, match=message):
        read(namespace)


def test_an_unknown_context_is_reported() -> None:
    with pytest.raises(SecretsUnavailable, match="the kubeconfig has no usable context 'elsewhere': check KUBECONFIG"):
        read("default", "elsewhere")


def test_a_missing_kubeconfig_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(SecretsUnavailable, match="the kubeconfig has no usable current context"):
        read("default")


def test_a_cluster_that_does_not_respond_is_reported(
    devnet_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "silent"
    content = yaml.safe_load(devnet_home.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:1"
    silent.write_text(yaml.safe_dump(content))
    monkeypatch.setenv("KUBECONFIG", str(silent))
    with pytest.raises(SecretsUnavailable, match="the cluster of the current context does not respond"):
        read("default")
