"""The three checked-in stack files are valid, have the same keys, match the schema and are declared in Pulumi.yaml."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config.command.check import check_file
from config.command.schema import DIALECT, stack_file_schema
from config.models.settings import Settings
from config.models.stack_file import StackFile
from config.validation.parse import parse
from testkit.config.sample import good

CHECKOUT = Path(__file__).parents[2]
STACKS = ("local", "rotsee", "dufour")
VALIDATOR = jsonschema.Draft202012Validator(stack_file_schema())


def _config(stack: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return content


def _settings(stack: str) -> Settings:
    raw = {key.removeprefix("hoprd:"): value for key, value in _config(stack).items()}
    return parse({**raw, "wallet": good()["wallet"]}, stack)


def _keys(value: Any, stack: str, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {leaf for key, part in value.items() for leaf in _keys(part, stack, f"{path}/{key.replace(stack, 'STACK')}")}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_is_valid_once_its_secrets_are_set(stack: str) -> None:
    settings = _settings(stack)
    assert settings.network.name == stack
    assert settings.pools[f"hoprd-core-{stack}"].size == 7
    assert list(settings.workloads()) == [f"core-{stack}-{number}" for number in range(1, 6)]


@pytest.mark.parametrize("stack", STACKS)
def test_a_checked_in_stack_has_no_secrets_and_documents_the_commands_that_set_them(stack: str) -> None:
    report = check_file(CHECKOUT / f"Pulumi.{stack}.yaml")
    assert report.problems == []
    assert [missing.path for missing in report.missing_secrets] == [
        "wallet.privateKey",
        "wallet.identityPassword",
        "wallet.apiToken",
    ]
    commands = (CHECKOUT / f"Pulumi.{stack}.yaml").read_text()
    for missing in report.missing_secrets:
        assert missing.text.rpartition("with: ")[2] in commands


@pytest.mark.parametrize("stack", STACKS)
def test_the_schema_accepts_each_stack(stack: str) -> None:
    VALIDATOR.validate(_config(stack))


def test_all_stacks_have_the_same_keys() -> None:
    local, rotsee, dufour = (_keys(_config(stack), stack) for stack in STACKS)
    custom_networks = {key for key in local if key.startswith("/hoprd:networks/")}
    annotations = {key for key in local | rotsee if key.startswith("/hoprd:platform/ingress/annotations")}
    production = {key for key in dufour if key.startswith("/hoprd:platform/images")}
    production |= {"/hoprd:pools/hoprd-core-STACK/funding/secretName"}
    assert rotsee == dufour - production
    own = custom_networks | annotations | {"/hoprd:platform/kubeContext"}
    assert local - own == rotsee - annotations - {"/hoprd:networks"}


@pytest.mark.parametrize("stack", STACKS)
def test_the_run_budget_of_each_stack_is_at_most_a_few_times_its_cost(stack: str) -> None:
    settings = _settings(stack)
    pool = settings.pools[f"hoprd-core-{stack}"]
    xdai, wxhopr = settings.spending.xdai, settings.spending.wxhopr
    assert xdai
    assert wxhopr
    assert 1 < xdai.wei / (pool.size * pool.balances.node_xdai.wei) < 20
    assert 1 < wxhopr.wei / (pool.size * pool.balances.safe_wxhopr.wei) < 20


def test_production_keeps_keys_and_databases() -> None:
    for stack in ("rotsee", "dufour"):
        pool = _settings(stack).pools[f"hoprd-core-{stack}"]
        assert pool.protect_keys
        assert pool.retain_volumes
        assert _settings(stack).chain.confirmations == 8


def test_the_project_declares_exactly_the_keys_that_the_program_reads() -> None:
    project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
    assert project["name"] == "hoprd"
    assert set(project["config"]) == {f"hoprd:{name}" for name in StackFile.model_fields}
    for declared in project["config"].values():
        assert set(declared) == {"type", "description", "default"}


def test_the_schema_is_valid_and_describes_every_key() -> None:
    schema = stack_file_schema()
    assert schema["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(schema)
    described = {"": schema, **schema["$defs"]}
    for name, definition in described.items():
        assert definition["title"]
        for key, description in definition["properties"].items():
            if name != "Secure":
                assert description.get("description"), f"{name}.{key}"
    assert schema["$defs"]["Balances"]["properties"]["nodeXdai"]["default"] == "0.1"


def test_the_schema_allows_encrypted_values_and_keys_of_other_providers() -> None:
    config = _config("rotsee")
    secure = {"secure": "v1:abc:def"}
    config["hoprd:wallet"] = {"privateKey": secure, "identityPassword": secure, "apiToken": secure}
    config["hoprd:wallet"] |= {
        "previousIdentityPassword": secure,
        "identitySeed": secure,
        "previous": {"privateKey": secure},
    }
    config["hoprd:pools"]["hoprd-core-rotsee"]["identities"] = {"hoprd-core-rotsee-1": {"identityFile": secure}}
    config["hoprd:chain"]["rpcUrl"] = secure
    config["kubernetes:context"] = "gke-staging"
    VALIDATOR.validate(config)
    config["network"] = "rotsee"
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(config)
