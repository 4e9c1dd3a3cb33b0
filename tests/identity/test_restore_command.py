"""`python -m identity restore`: its report on keys in state, escrow and seed, with a fake `pulumi` and endpoint."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.models.settings import Settings
from identity.__main__ import main
from identity.chain.client import ChainClient
from identity.commands import restore
from identity.keys import keyfile
from identity.keys.pair import NodeKeyPair
from identity.verification.recovery import KnownState, RestorableIdentity, StoredKeys
from testkit.aws import client
from testkit.config.sample import PASSWORD, SECRETS, changed
from testkit.identity.endpoint import result, serving

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

FIRST, SECOND = "core-1", "core-2"
SEED = "ab" * 32


@dataclass(frozen=True)
class Bench:
    """A stack of two identities. PATH contains only its folder; `escrow` is its escrow directory."""

    folder: Path
    rpc_url: str

    @property
    def escrow(self) -> Path:
        return self.folder / "escrow"

    def configure(
        self, changes: Mapping[str, object] | None = None, *, in_state: Mapping[str, str] | None = None
    ) -> None:
        """Make `pulumi` report this configuration, and a state with these nodes by identity."""
        settings = changed(
            {
                "chain/rpcUrl": self.rpc_url,
                "pools/core/size": 2,
                "clusters": {},
                "nodes": {},
                "escrow": {"directory": str(self.escrow)},
                **(changes or {}),
            }
        )
        configuration = {
            f"hoprd:{key}": {"value": value if isinstance(value, str) else json.dumps(value), "secret": key == "wallet"}
            for key, value in settings.items()
        }
        resources = [
            {
                "type": "pulumi-python:dynamic/hoprd:NodeKeys",
                "outputs": {"identity": name, "native_address": node},
            }
            for name, node in (in_state or {}).items()
        ]
        stack = {"type": "pulumi:pulumi:Stack", "outputs": {}}
        reported = {"config": configuration, "stack": {"deployment": {"resources": [stack, *resources]}}}
        program = self.folder / "pulumi"
        program.write_text(
            f"#!{sys.executable}\nimport sys, json\n"
            f"print(json.dumps(json.loads({json.dumps(reported)!r})[sys.argv[1]]))\n"
        )
        program.chmod(0o755)

    def keep(self, identity: str, text: str) -> Path:
        """Store a file in the escrow."""
        file = self.escrow / "s" / f"{identity}.id"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    def run(self) -> int:
        return main(["restore", "--stack", "s", "--cwd", str(self.folder)])


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(restore, "find_on_chain", empty_chain)
    with serving() as endpoint:
        endpoint.answers = [result("0x64")]
        made = Bench(tmp_path, endpoint.url)
        made.escrow.mkdir()
        yield made


def empty_chain(
    _chain: ChainClient, _settings: Settings, _pool: str, kept: list[StoredKeys], _state: KnownState
) -> list[RestorableIdentity]:
    return [RestorableIdentity(keys) for keys in kept]


@pytest.fixture
def keys() -> NodeKeyPair:
    return NodeKeyPair.generate()


def test_keys_in_escrow_are_restored_and_others_are_generated(
    bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.configure()
    bench.keep(FIRST, keyfile.write(keys, PASSWORD))
    assert bench.run() == 1
    printed = capsys.readouterr().out
    assert keys.native_address in printed
    assert printed.rstrip().endswith(
        f"`pulumi up` adopts these keys, and sends only missing transactions: {FIRST}.\n"
        f"Stored nowhere, so `pulumi up` generates NEW keys for: {SECOND}."
    )


def test_keys_in_the_state_of_a_failed_up_are_not_reported_as_lost(
    bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed first `up` leaves keys in the state and no outputs."""
    bench.configure(in_state={FIRST: keys.native_address, SECOND: NodeKeyPair.generate().native_address})
    assert bench.run() == 0
    printed = capsys.readouterr().out
    assert keys.native_address in printed
    assert "NEW" not in printed
    assert "Already in the stack's state: 2 of 2." in printed


def test_keys_in_secrets_manager_are_found_there(
    bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str], aws: str
) -> None:
    client("secretsmanager").create_secret(Name=f"hoprd/s/{FIRST}", SecretString=keyfile.write(keys, PASSWORD))
    bench.configure({"escrow": {"secretsManager": {"prefix": "hoprd"}}})
    assert bench.run() == 1
    printed = capsys.readouterr().out
    assert f"escrow secret hoprd/s/{FIRST}" in printed
    assert keys.native_address in printed
    assert f"generates NEW keys for: {SECOND}." in printed


def test_a_seed_gives_every_identity(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.configure({"escrow": {}, "pools/core/keySource": "seed", "wallet/identitySeed": SEED})
    assert bench.run() == 0
    printed = capsys.readouterr().out
    assert printed.rstrip().endswith(f"sends only missing transactions: {FIRST}, {SECOND}.")
    assert SEED not in printed


def test_a_file_of_other_keys_than_the_state_has_is_exit_code_1(
    bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str]
) -> None:
    state = NodeKeyPair.generate()
    bench.configure(in_state={FIRST: state.native_address})
    file = bench.keep(FIRST, keyfile.write(keys, PASSWORD))
    assert bench.run() == 1
    printed = capsys.readouterr().out
    assert f"{FIRST}: escrow file {file} has the keys of node {keys.native_address}" in printed
    assert f"has those of node {state.native_address}" in printed


def test_a_file_of_other_keys_than_the_seed_gives_is_exit_code_1(
    bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.configure({"pools/core/keySource": "seed", "wallet/identitySeed": SEED})
    file = bench.keep(FIRST, keyfile.write(keys, PASSWORD))
    assert bench.run() == 1
    assert str(file) in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{", keyfile.write(NodeKeyPair.generate(), "another-password-012345")])
def test_a_file_that_cannot_be_decrypted_is_exit_code_1_and_the_rest_is_listed(
    bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    bench.configure()
    file = bench.keep(FIRST, text)
    bench.keep(SECOND, keyfile.write(keys, PASSWORD))
    assert bench.run() == 1
    printed = capsys.readouterr().out
    assert str(file) in printed.splitlines()[-2]
    assert printed.splitlines()[-1].endswith(f"sends only missing transactions: {SECOND}.")


def test_an_identity_with_a_configured_node_gets_no_new_keys_and_is_exit_code_1(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    node = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
    bench.configure({"pools/core/identities": {FIRST: {"nativeAddress": node}}})
    assert bench.run() == 1
    printed = capsys.readouterr().out
    assert f"pools.core.identities.{FIRST}.nativeAddress: the keys of {node} are neither in the state nor" in printed
    bench.configure({"pools/core/identities": {FIRST: {"nativeAddress": node}}}, in_state={FIRST: node})
    assert bench.run() == 1
    assert f"generates NEW keys for: {SECOND}" in capsys.readouterr().out


def test_the_reasons_why_up_would_refuse_are_listed_and_exit_code_1(
    bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: Any) -> list[RestorableIdentity]:
        kept = arguments[3]
        return [RestorableIdentity(kept[0], objections=("node 0x1 is bound to Safe 0x2",)), RestorableIdentity(kept[1])]

    monkeypatch.setattr(restore, "find_on_chain", refused)
    bench.configure()
    bench.keep(FIRST, keyfile.write(keys, PASSWORD))
    assert bench.run() == 1
    printed = capsys.readouterr().out
    assert f"{FIRST}: node 0x1 is bound to Safe 0x2" in printed
    assert "adopts these keys" not in printed


def test_an_escrow_that_is_not_mounted_is_one_sentence_and_exit_code_2(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.configure({"escrow": {"directory": "/absent/escrow"}})
    assert bench.run() == 2
    printed = capsys.readouterr()
    assert "directory /absent/escrow does not exist" in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_an_endpoint_that_refuses_is_exit_code_2_without_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with serving() as endpoint:
        endpoint.answers = [(401, b"")]
        made = Bench(tmp_path, f"{endpoint.url}/v3/planted-rpc-key")
        made.escrow.mkdir()
        made.configure({"chain/patienceS": 3})
        assert made.run() == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "planted-rpc-key" not in printed.err


def test_nothing_secret_is_printed(bench: Bench, keys: NodeKeyPair, capsys: pytest.CaptureFixture[str]) -> None:
    text = keyfile.write(keys, PASSWORD)
    bench.configure({"wallet/identitySeed": SEED})
    bench.keep(FIRST, text)
    bench.keep(SECOND, text[:-1])
    bench.run()
    printed = capsys.readouterr()
    everything = printed.out + printed.err
    secrets = (*SECRETS, SEED, keys.chain_key.hex(), keys.packet_key.hex(), json.loads(text)["crypto"]["ciphertext"])
    assert not [secret for secret in secrets if secret in everything]
