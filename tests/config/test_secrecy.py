"""No message contains a secret, wherever the configuration has it."""

import json
import traceback
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from config.command.check import check_file
from config.errors import ConfigurationError
from config.models.wallet import Wallet
from config.validation.parse import parse, parse_with_advice
from testkit.config.sample import API_TOKEN, PASSWORD, PRIVATE_KEY, RPC_URL, SECRETS, changed, good, problems

_LOCATIONS = (
    "network",
    "networks",
    "networks/mine",
    "networks/mine/contracts/token",
    "chain",
    "chain/rpcUrl",
    "chain/confirmations",
    "wallet",
    "wallet/privateKey",
    "wallet/address",
    "wallet/privatKey",
    "wallet/something",
    "wallet/identitySeed",
    "wallet/kms",
    "wallet/kms/keyId",
    "wallet/from/kubernetesSecret",
    "wallet/previous",
    "wallet/previous/privateKey",
    "spending/xdai",
    "escrow/directory",
    "platform",
    "platform/namespace",
    "platform/ingress/dnsDomain",
    "platform/images/hoprd",
    "platform/snapshotUrl",
    "pools",
    "pools/core",
    "pools/core/size",
    "pools/core/secretName",
    "pools/core/funding/schedule",
    "pools/core/funding/nativeAmount",
    "pools/core/safe/admins",
    "pools/core/keySource",
    "pools/core/identities/core-1/identityFile",
    "pools/core/identities/core-1/peerId",
    "clusters/edge/pool",
    "clusters/edge/config",
    "clusters/edge/version",
    "clusters/edge/deployment/env",
    "clusters/edge/deployment/resources",
    "nodes/solo/identityName",
    "privateKey",
)


def _wrapped(secret: str) -> list[Any]:
    return [secret, [secret], {"value": secret}, {"requests": {"cpu": secret}}, [{"name": "A", "value": [secret]}]]


@pytest.mark.parametrize("place", _LOCATIONS)
@pytest.mark.parametrize("secret", [PRIVATE_KEY, "0x" + PRIVATE_KEY, PASSWORD, API_TOKEN, RPC_URL])
def test_a_secret_in_the_wrong_place_is_not_printed(place: str, secret: str) -> None:
    for value in _wrapped(secret):
        raw = changed({place: value})
        raw.setdefault("somewhereElse", 1)  # so that there is always a problem to report
        if place.startswith("wallet") or place.startswith("chain"):
            raw["pools"]["core"]["secretName"] = f"Is {secret}"
        reported = "\n".join(problems(raw))
        assert "somewhereElse" in reported
        for planted in SECRETS:
            assert planted not in reported


@pytest.mark.parametrize("secret", [PRIVATE_KEY, PASSWORD])
def test_a_secret_as_a_key_or_a_name_is_not_printed(secret: str) -> None:
    for raw in (
        changed({f"wallet/{secret}": 1}),
        changed({f"pools/{secret}": {"size": 0}}),
        changed({f"clusters/{secret}": {}}),
        {**good(), secret: 1},
    ):
        assert problems(raw)
        assert secret not in "\n".join(problems(raw))


def test_a_value_that_looks_like_a_key_is_not_printed() -> None:
    other_key = "b" * 64
    assert problems(changed({"pools/core/funding/schedule": other_key})) == [
        "pools.core.funding.schedule: a secret value has 1 field, cron needs 5, e.g. '0 */6 * * *'"
    ]


def test_a_secret_in_place_of_a_reference_is_not_printed() -> None:
    raw = changed({"wallet/kms": {"keyId": "planted pass"}, "wallet/from": {"kubernetesSecret": "Planted-2"}})
    reported = "\n".join(problems(raw))
    assert "wallet.kms.keyId: a secret value is not an AWS name or ARN" in reported
    assert "wallet.from.kubernetesSecret: a secret value is not a valid name" in reported
    assert "planted" not in reported.lower()


def test_values_of_a_section_that_pulumi_marks_as_secret_are_not_printed() -> None:
    raw = changed({"platform/ingress/dnsDomain": "Hidden", "pools/core/funding/schedule": "Shown"})
    reported = problems(raw, secret_sections=("platform",))
    assert reported[0].startswith("platform.ingress.dnsDomain: a secret value is not a DNS domain")
    assert "'Shown'" in reported[1]


def test_the_exception_and_its_traceback_contain_no_secret() -> None:
    raw = changed({"wallet/privateKey": PRIVATE_KEY + "0", "chain/rpcUrl": RPC_URL.replace("https", "gopher")})
    with pytest.raises(ConfigurationError) as failure:
        parse(raw, "test")
    shown = "".join(traceback.format_exception(failure.value))
    assert not [secret for secret in SECRETS if secret in shown]


def test_valid_settings_print_no_secret() -> None:
    shown = repr(parse(good(), "test"))
    assert not [secret for secret in SECRETS if secret in shown]


def test_an_invalid_wallet_object_prints_no_secret() -> None:
    with pytest.raises(ValidationError) as failure:
        Wallet(private_key=SecretStr(PRIVATE_KEY + "0"), identity_password=SecretStr(PASSWORD))
    assert PRIVATE_KEY not in str(failure.value)


def test_the_check_of_a_file_prints_no_secret(tmp_path: Any) -> None:
    raw = changed({"pools/core/funding/schedule": PASSWORD, "wallet/privatKey": PRIVATE_KEY})
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(json.dumps({"config": {f"hoprd:{key}": value for key, value in raw.items()}}))
    reported = str(check_file(file))
    assert "in plain text" in reported
    assert not [secret for secret in SECRETS if secret in reported]


@pytest.mark.parametrize("password", ["contains", "expected", "lower-case", "characters", "version", "namespace"])
def test_a_password_that_is_a_word_of_a_rule_does_not_break_its_sentence(password: str) -> None:
    changes = {"platform/namespace": "No Name", "clusters/edge/version": "a b"}
    assert problems(changed({**changes, "wallet/identityPassword": password})) == problems(changed(changes))
    copied = changed({**changes, "wallet/identityPassword": password, "nodes/solo/pool": password})
    assert "nodes.solo.pool: a secret value is not a pool" in "\n".join(problems(copied))


def test_a_tag_that_looks_like_a_key_is_concealed_with_its_quotes() -> None:
    raw = changed({"clusters/edge/version": "a" * 128})
    (warning,) = parse_with_advice(raw, "test")[1]
    assert warning.text.startswith("a secret value is not a version, so")


@pytest.mark.parametrize("url", ["http://", "https://"])
def test_the_scheme_of_a_url_is_not_a_secret(url: str) -> None:
    raw = changed({"chain/rpcUrl": url, "platform/snapshotUrl": "ftp://example.org"})
    reported = problems(raw)
    assert len(reported) == 2
    assert "a secret value" not in str(reported)
