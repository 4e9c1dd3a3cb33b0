from pathlib import Path
from typing import Any

import pytest

from devnet.errors import DevnetError
from devnet.home import Choices
from devnet.stack_configuration import adapt_to_devnet, missing_secrets, read_stack_file, to_yaml

RPC = "http://127.0.0.1:18506"
BEFORE = {"encryptionsalt": "v1:salt", "config": {"hoprd:wallet": {"privateKey": {"secure": "v1:key"}}}}


def checked_in(**settings: Any) -> dict[str, Any]:
    return {
        "encryptionsalt": "v1:of the maintainers",
        "secretsprovider": "awskms://alias/fleet",
        "config": {
            "hoprd:network": "rotsee",
            "hoprd:chain": {"rpcUrl": "https://rpc.gnosischain.com", "maxFeeGwei": 10, "confirmations": 8},
            "hoprd:wallet": {"privateKey": {"secure": "v1:of the maintainers"}},
            "hoprd:platform": {"namespace": "hoprd-rotsee", "kubeContext": "gke-staging"},
            **settings,
        },
    }


def test_chain_and_cluster_are_always_those_of_devnet() -> None:
    made = adapt_to_devnet(checked_in(), BEFORE, RPC, Choices())["config"]
    assert made["hoprd:chain"]["rpcUrl"] == RPC
    assert made["hoprd:platform"] == {"namespace": "hoprd-rotsee", "kubeContext": "devnet"}


def test_all_other_settings_are_as_checked_in() -> None:
    made = adapt_to_devnet(checked_in(**{"hoprd:pools": {"core": {"size": 7}}}), BEFORE, RPC, Choices())["config"]
    assert made["hoprd:network"] == "rotsee"
    assert made["hoprd:pools"] == {"core": {"size": 7}}
    assert made["hoprd:chain"]["maxFeeGwei"] == 10


def test_secrets_and_salt_are_those_generated_on_this_machine() -> None:
    made = adapt_to_devnet(checked_in(), BEFORE, RPC, Choices())
    assert made["config"]["hoprd:wallet"] == {"privateKey": {"secure": "v1:key"}}
    assert made["encryptionsalt"] == "v1:salt"
    assert "secretsprovider" not in made
    assert missing_secrets(made) == ["identityPassword", "apiToken"]


def test_a_wallet_whose_secrets_are_stored_elsewhere_misses_none() -> None:
    wallet = {"from": {"kubernetesSecret": "theirs"}, "address": "0x1"}
    made = adapt_to_devnet(checked_in(), {**BEFORE, "config": {"hoprd:wallet": wallet}}, RPC, Choices())
    assert made["config"]["hoprd:wallet"] == wallet
    assert missing_secrets(made) == []


@pytest.mark.parametrize(("block_time_s", "confirmations"), [(0, 1), (5, 8)])
def test_only_a_chain_with_a_block_time_needs_confirmations(block_time_s: int, confirmations: int) -> None:
    chain = adapt_to_devnet(checked_in(), BEFORE, RPC, Choices(block_time_s=block_time_s))["config"]["hoprd:chain"]
    assert (chain["blockTimeS"], chain["confirmations"]) == (block_time_s, confirmations)


def test_a_secret_that_devnet_cannot_decrypt_is_named() -> None:
    theirs = checked_in(**{"hoprd:platform": {"images": [{"token": {"secure": "v1:theirs"}}]}})
    with pytest.raises(DevnetError, match=r"hoprd:platform\.images\[0\]\.token: encrypted for another machine"):
        adapt_to_devnet(theirs, BEFORE, RPC, Choices())


def test_an_empty_file_is_completed() -> None:
    made = adapt_to_devnet({}, {"encryptionsalt": "v1:salt"}, RPC, Choices())
    assert missing_secrets(made) == ["privateKey", "identityPassword", "apiToken"]


ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
TEXTS = [ADDRESS, "1e21", "0o17", "010", "2024-1-31", "1_0", "+5", "-", "yes", "~", "", "a: b"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text_for_pulumi(text: str, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    configuration = {"config": {"hoprd:wallet": {"formerAddresses": [text]}, text: [1, 1.5, True, None]}}
    file.write_text(to_yaml(configuration))
    assert read_stack_file(file) == configuration


def test_an_unquoted_address_is_text_as_it_is_for_pulumi(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text(f"config:\n  hoprd:wallet:\n    formerAddresses:\n      - {ADDRESS}\n")
    assert read_stack_file(file)["config"]["hoprd:wallet"]["formerAddresses"] == [ADDRESS]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("config: [", "is not valid YAML at line 1, column 10"), ("a: 1\na: 2\n", r"a is set 2 times, in lines \[1, 2\]")],
)
def test_an_invalid_file_is_one_sentence(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text(text)
    with pytest.raises(DevnetError, match=problem):
        read_stack_file(file)
