"""Settings from Pulumi's own configuration, and how a program ends whose configuration is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from config.errors import ConfigurationError, HoprdError
from config.load import USER_HAS_BEEN_TOLD, exit_on_user_error, load_settings, load_settings_or_exit
from testkit.config.sample import PASSWORD, WALLET_ADDRESS, changed


@pytest.fixture
def configured() -> Iterator[Any]:
    """Sets what the engine would hand over: mappings as JSON, all else as text."""

    def set_to(raw: dict[str, Any], secret_keys: tuple[str, ...] = ("hoprd:wallet",)) -> None:
        texts = {f"hoprd:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in raw.items()}
        pulumi.runtime.set_all_config({**texts, "aws:region": "eu-west-1"}, list(secret_keys))

    yield set_to
    pulumi.runtime.set_all_config({}, [])


def test_settings_come_from_the_projects_keys_alone(configured: Any) -> None:
    configured(changed({}))
    settings = load_settings()
    assert settings.wallet.address == WALLET_ADDRESS
    assert settings.wallet.identity_password
    assert settings.wallet.identity_password.get_secret_value() == PASSWORD
    assert settings.stack == pulumi.get_stack()


def test_a_wallet_in_clear_is_refused_with_the_command_that_hides_it(configured: Any) -> None:
    configured(changed({"wallet/previous": {"privateKey": "11" * 32}}), ())
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    paths = [problem.path for problem in caught.value.problems]
    assert paths == [
        "wallet.privateKey",
        "wallet.identityPassword",
        "wallet.apiToken",
        "wallet.previous.privateKey",
    ]
    assert "pulumi config set --stack" in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "secret", "warns"),
    [
        ("https://rpc.example.org/v2/planted0rpc0key0planted0rpc0key", False, True),
        ("https://rpc.example.org/?apikey=planted0rpc0key0planted", False, True),
        ("https://planted:planted@rpc.example.org", False, True),
        ("https://rpc.example.org/v2/planted0rpc0key0planted0rpc0key", True, False),
        ("https://rpc.gnosischain.com", False, False),
        ("http://127.0.0.1:8545", False, False),
        ("https://rpc.example.org/gnosis/mainnet", False, False),
    ],
)
def test_a_key_in_an_rpc_url_that_is_no_secret_is_warned_of(
    configured: Any, monkeypatch: pytest.MonkeyPatch, url: str, secret: bool, warns: bool
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    configured(changed({"chain/rpcUrl": url}), ("hoprd:wallet", *(["hoprd:chain"] if secret else [])))
    load_settings()
    assert [warning.partition(":")[0] for warning in warnings] == (["chain.rpcUrl"] if warns else [])
    assert not any("planted" in warning for warning in warnings)


def test_a_key_nobody_knows_is_told(configured: Any) -> None:
    configured(changed({"pool": {"core": {"size": 7}}}))
    with pytest.raises(ConfigurationError, match="pool: unknown key, did you mean 'pools'"):
        load_settings()


def test_a_section_that_is_no_mapping_is_told(configured: Any) -> None:
    configured(changed({"pools": "many"}))
    with pytest.raises(ConfigurationError, match="pools: 'many' is text, a mapping is needed"):
        load_settings()


def test_a_section_that_holds_a_secret_is_not_quoted(configured: Any) -> None:
    configured(changed({"pools/core/funding/schedule": "hidden"}), ("hoprd:pools",))
    with pytest.raises(ConfigurationError, match=r"pools\.core\.funding\.schedule: a secret value has 1 field"):
        load_settings()


def test_a_wrong_configuration_ends_the_program_with_one_diagnostic_for_each_problem(
    configured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    diagnostics: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", diagnostics.append)
    configured(changed({"pools/core/size": 0, "network": "rotze"}))
    with pytest.raises(SystemExit) as ended:
        load_settings_or_exit()
    assert ended.value.code == USER_HAS_BEEN_TOLD
    assert [diagnostic.split(":")[0] for diagnostic in diagnostics] == ["pools.core.size", "network"]


def test_what_a_user_can_cure_ends_the_program_as_a_wrong_configuration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    diagnostics: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", diagnostics.append)
    with pytest.raises(SystemExit) as ended, exit_on_user_error():
        raise HoprdError("wallet.kms: the key is disabled: enable it in KMS")
    assert ended.value.code == USER_HAS_BEEN_TOLD
    assert diagnostics == ["wallet.kms: the key is disabled: enable it in KMS"]
    with pytest.raises(ZeroDivisionError), exit_on_user_error():
        raise ZeroDivisionError  # a mistake of ours stays one
