"""Secrets that lie in a Secret of the cluster: read as the program reaches the cluster."""

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
from testkit.provider.somebody_else import SomebodyElse

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


def put(somebody: SomebodyElse, values: dict[str, str]) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prod"}, "data": encoded}
    somebody.apply(secret)


def test_everything_is_taken_from_the_secret(namespace: str, somebody_else: SomebodyElse) -> None:
    put(somebody_else, VALUES)
    expected = Secrets(SecretStr(KEY), SecretStr("planted password"), None, SecretStr("planted token"))
    for context in (None, "devnet"):
        assert read(namespace, context) == expected


def test_a_provider_finds_the_secret_by_the_stacks_own_configuration(
    namespace: str, somebody_else: SomebodyElse
) -> None:
    put(somebody_else, VALUES)
    ingress = {"dnsDomain": "devnet.localhost", "loadBalancerIp": "127.0.0.1"}
    address = Wallet(private_key=SecretStr(KEY)).address
    settings = {
        "hoprd:wallet": json.dumps({"from": {"kubernetesSecret": "prod"}, "address": address}),
        "hoprd:platform": json.dumps({"namespace": namespace, "kubeContext": "devnet", "ingress": ingress}),
    }
    provider = NodeKeysProvider()
    provider.configure(ConfigureRequest(Config(settings, "hoprd")))
    made = provider.create({"identity": "core-1"}).outs
    assert made
    assert read_file(base64.b64decode(made["identity_file"]), "planted password").native_address
    assert "planted" not in json.dumps(made)


def test_what_is_missing_in_the_secret_is_told(namespace: str, somebody_else: SomebodyElse) -> None:
    put(somebody_else, {"IDENTITY_PASSWORD": "planted password"})
    said = "wallet.from.kubernetesSecret: has no DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN: add the missing keys"
    with pytest.raises(SecretsUnavailable, match=re.escape(said)):
        read(namespace)


def test_a_secret_that_is_not_there_is_told_with_what_it_must_hold(namespace: str) -> None:
    said = f"there is no Secret 'prod' in namespace '{namespace}': make it with DEPLOYER_PRIVATE_KEY, IDENTITY_PASSWORD"
    with pytest.raises(SecretsUnavailable, match=said):
        read(namespace)


def test_a_context_that_is_not_there_is_told() -> None:
    with pytest.raises(SecretsUnavailable, match="the kubeconfig has no usable context 'elsewhere': check KUBECONFIG"):
        read("default", "elsewhere")


def test_a_kubeconfig_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(SecretsUnavailable, match="the kubeconfig has no usable current context"):
        read("default")


def test_a_cluster_that_does_not_answer_is_told(
    devnet_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "silent"
    content = yaml.safe_load(devnet_home.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:1"
    silent.write_text(yaml.safe_dump(content))
    monkeypatch.setenv("KUBECONFIG", str(silent))
    with pytest.raises(SecretsUnavailable, match="the cluster of the current context does not respond"):
        read("default")
