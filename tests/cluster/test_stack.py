"""The stack's files and environment, with the real pulumi and no program run."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from devnet.errors import DevnetError
from devnet.home import CHECKOUT, Choices, Home
from devnet.info import DevnetInfo
from devnet.stack import Stack


@pytest.fixture(scope="module")
def stack(devnet: DevnetInfo, devnet_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    source = tmp_path_factory.mktemp("source") / "Pulumi.files.yaml"
    source.write_text((CHECKOUT / "Pulumi.rotsee.yaml").read_text())
    stack = Stack(devnet_home, devnet, devnet_home.choices() or Choices(), "files", source)
    stack.prepare()
    return stack


def wallet(stack: Stack) -> dict[str, str]:
    shown = stack.capture("config", ["get", "hoprd:wallet"])
    assert shown.returncode == 0, shown.stderr
    secrets: dict[str, str] = json.loads(shown.stdout)
    return secrets


def test_the_configuration_contains_the_wallet_of_devnet_as_secrets(stack: Stack) -> None:
    secrets = wallet(stack)
    assert secrets["privateKey"] == stack.home.wallet_key.read_text()
    assert len({*secrets.values()}) == 3
    written = stack.file.read_text()
    assert not any(value in written for value in secrets.values())
    assert written.count("secure:") == 3


def test_secrets_stay_the_same_while_the_source_changes(stack: Stack) -> None:
    before = wallet(stack)
    stack.source.write_text(stack.source.read_text().replace("replicas: 5", "replicas: 6"))
    stack.prepare()
    assert "replicas: 6" in stack.file.read_text()
    assert wallet(stack) == before


def test_only_the_user_can_read_the_passphrase_and_no_variable_contains_it(stack: Stack) -> None:
    file = Path(stack.environment()["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert file.stat().st_mode & 0o077 == 0
    assert file.read_text() not in stack.environment().values()


def test_the_users_pulumi_is_not_touched(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-of-the-user")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of the user")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://of-the-user")
    environment = stack.environment()
    assert "PULUMI_ACCESS_TOKEN" not in environment
    assert "PULUMI_CONFIG_PASSPHRASE" not in environment
    for name in ("PULUMI_HOME", "PULUMI_BACKEND_URL", "KUBECONFIG"):
        assert str(stack.home.root) in environment[name]


def test_local_addresses_are_never_sent_to_a_proxy(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert stack.environment()["NO_PROXY"] == "127.0.0.1,localhost,example.org"


def test_the_error_for_an_unknown_stack_lists_the_stacks_before_devnet_is_probed(tmp_path: Path) -> None:
    with pytest.raises(DevnetError, match=r"'nope': there is no .*the stacks are dufour, local, rotsee"):
        Stack.open(Home(tmp_path / "none"), "nope")


def test_without_a_running_devnet_the_error_names_the_command_that_starts_it(tmp_path: Path) -> None:
    with pytest.raises(DevnetError, match="devnet is not up: run `python -m devnet up`"):
        Stack.open(Home(tmp_path / "none"), "local")


def lock_of(stack: Stack, pid: int) -> Path:
    lock = stack.home.state / ".pulumi" / "locks" / "organization" / "hoprd" / stack.name / f"{pid}.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": pid, "username": "root", "hostname": socket.gethostname()}))
    return lock


def test_the_lock_of_a_killed_pulumi_is_removed_and_reported(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    killed = subprocess.Popen(["true"])
    killed.wait()
    lock = lock_of(stack, killed.pid)
    stack.prepare()
    assert not lock.exists()
    assert f"pid {killed.pid}" in capfd.readouterr().err


def test_the_lock_of_a_running_pulumi_stays(stack: Stack) -> None:
    lock = lock_of(stack, os.getpid())
    stack.prepare()
    assert lock.exists()
    lock.unlink()
