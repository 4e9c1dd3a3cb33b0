"""A plugin of a kubeconfig that fails is reported as such, and gets no secret in its environment."""

import json
import os
from pathlib import Path

import pytest
import yaml

from identity.cluster.kubeconfig import connect
from identity.errors import NoUsableContext
from identity.secrets.environment import forget_secrets, without_own_secrets

VERSION = "client.authentication.k8s.io/v1"


def write(folder: Path, command: str, *arguments: str) -> Path:
    login = {"apiVersion": VERSION, "command": command, "args": list(arguments), "interactiveMode": "Never"}
    file = folder / "kubeconfig"
    file.write_text(
        yaml.safe_dump(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {"exec": login}}],
            }
        )
    )
    return file


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["/nowhere/aws-iam-authenticator"], "No such file"),
        (["/bin/sh", "-c", "echo expired >&2; exit 1"], "process returned 1. expired"),
        (["/bin/sh", "-c", "echo hello"], "failed to decode"),
        (["/bin/sh", "-c", "echo '{}'"], "missing key"),
    ],
)
def test_a_plugin_that_fails_is_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], reason: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write(tmp_path, *command)))
    with pytest.raises(
        NoUsableContext, match=r"the login of the current context failed: .*users\[\]\.user\.exec"
    ) as it:
        connect(None)
    assert reason in str(it.value)
    assert "\n" not in str(it.value)


def test_a_plugin_that_works_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.dumps({"apiVersion": VERSION, "kind": "ExecCredential", "status": {"token": "t"}})
    monkeypatch.setenv("KUBECONFIG", str(write(tmp_path, "/bin/sh", "-c", f"echo '{answer}'")))
    with connect(None) as client:
        assert "Bearer t" in client.configuration.api_key.values()


def test_children_get_no_secret() -> None:
    environment = {"PATH": "/bin", "AWS_PROFILE": "p", "KUBECONFIG": "k"}
    secrets = ("DEPLOYER_PRIVATE_KEY", "IDENTITY_PASSWORD", "HOPRD_API_TOKEN", "RPC_URL")
    full = {**environment, **dict.fromkeys((*secrets, "PULUMI_CONFIG", "PULUMI_CONFIG_PASSPHRASE"), "secret")}
    assert without_own_secrets(full).keys() == {*environment, "PULUMI_CONFIG", "PULUMI_CONFIG_PASSPHRASE"}
    forget_secrets(full)
    assert full == environment
    assert os.environ["PATH"]
