"""Settings from Pulumi's configuration, and the exit of a program with an invalid configuration."""

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from config.errors import ConfigurationError, HoprdError
from config.load import EXIT_CODE_ERROR_ALREADY_SHOWN, exit_on_user_error, load_settings, load_settings_or_exit
from testkit.config.sample import PASSWORD, WALLET_ADDRESS, changed


@pytest.fixture
def configured() -> Iterator[Any]:
    """Set the configuration as the engine passes it: mappings as JSON, other values as text."""

    def set_to(raw: dict[str, Any], secret_keys: tuple[str, ...] = ("hoprd:wallet",)) -> None:
        texts = {f"hoprd:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in raw.items()}
        pulumi.runtime.set_all_config({**texts, "aws:region": "eu-west-1"}, list(secret_keys))

    yield set_to
    pulumi.runtime.set_all_config({}, [])


def test_settings_come_only_from_the_keys_of_the_project(configured: Any) -> None:
    configured(changed({}))
    settings = load_settings()
    assert settings.wallet.address == WALLET_ADDRESS
    assert settings.wallet.identity_password
    assert settings.wallet.identity_password.get_secret_value() == PASSWORD
    assert settings.stack == pulumi.get_stack()


def test_a_wallet_in_plain_text_is_refused_with_the_command_that_encrypts_it(configured: Any) -> None:
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
def test_a_key_in_an_rpc_url_that_is_not_secret_causes_a_warning(
    configured: Any, monkeypatch: pytest.MonkeyPatch, url: str, secret: bool, warns: bool
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    configured(changed({"chain/rpcUrl": url}), ("hoprd:wallet", *(["hoprd:chain"] if secret else [])))
    load_settings()
    assert [warning.partition(":")[0] for warning in warnings] == (["chain.rpcUrl"] if warns else [])
    assert not any("planted" in warning for warning in warnings)


def test_an_unknown_key_is_an_error(configured: Any) -> None:
    configured(changed({"pool": {"core": {"size": 7}}}))
    with pytest.raises(ConfigurationError, match="pool: unknown key, did you mean 'pools'"):
        load_settings()


def test_a_section_that_is_not_a_mapping_is_an_error(configured: Any) -> None:
    configured(changed({"pools": "many"}))
    with pytest.raises(ConfigurationError, match="pools: 'many' is a string, expected a mapping"):
        load_settings()


def test_values_of_a_secret_section_are_not_shown(configured: Any) -> None:
    configured(changed({"pools/core/funding/schedule": "hidden"}), ("hoprd:pools",))
    with pytest.raises(ConfigurationError, match=r"pools\.core\.funding\.schedule: a secret value has 1 field"):
        load_settings()


def test_an_invalid_configuration_exits_with_one_diagnostic_for_each_problem(
    configured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    diagnostics: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", diagnostics.append)
    configured(changed({"pools/core/size": 0, "network": "rotze"}))
    with pytest.raises(SystemExit) as ended:
        load_settings_or_exit()
    assert ended.value.code == EXIT_CODE_ERROR_ALREADY_SHOWN
    assert [diagnostic.split(":")[0] for diagnostic in diagnostics] == ["pools.core.size", "network"]


def test_an_error_that_a_user_can_fix_exits_as_an_invalid_configuration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    diagnostics: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", diagnostics.append)
    with pytest.raises(SystemExit) as ended, exit_on_user_error():
        raise HoprdError("wallet.kms: the key is disabled: enable it in KMS")
    assert ended.value.code == EXIT_CODE_ERROR_ALREADY_SHOWN
    assert diagnostics == ["wallet.kms: the key is disabled: enable it in KMS"]
    with pytest.raises(ZeroDivisionError), exit_on_user_error():
        raise ZeroDivisionError  # a bug of the program keeps its traceback
