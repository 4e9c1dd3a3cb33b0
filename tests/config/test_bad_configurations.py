"""The message for each mistake in the configuration; the cases are the files of bad_configurations, by section.

Each case has `change`: values by path in the valid configuration of `testkit.config.sample`; `expected`: every problem,
as printed; `schema`: whether the JSON Schema rejects it as well.
"""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config.command.schema import stack_file_schema
from testkit.config.sample import ABSENT, changed, problems


class _Loader(yaml.SafeLoader):
    """YAML in which `!absent` removes a value."""


_Loader.add_constructor("!absent", lambda _loader, _node: ABSENT)
_FILES = sorted(Path(__file__).with_name("bad_configurations").glob("*.yaml"))
CASES: list[dict[str, Any]] = [
    case
    for file in _FILES
    for case in yaml.load(file.read_text(), _Loader)  # noqa: S506  # our own loader is a safe one
]
_EACH = [pytest.param(case, id=case["case"]) for case in CASES]
_IN_SCHEMA = [pytest.param(case, id=case["case"]) for case in CASES if case.get("schema")]
_SCHEMA = jsonschema.Draft202012Validator(stack_file_schema())


def test_the_names_of_the_cases_are_unique() -> None:
    names = [case["case"] for case in CASES]
    assert names
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", _EACH)
def test_each_mistake_is_reported_in_one_line_with_its_fix(case: dict[str, Any]) -> None:
    assert problems(changed(case["change"])) == case["expected"]


@pytest.mark.parametrize("case", _IN_SCHEMA)
def test_the_schema_rejects_mistakes_that_a_schema_can_express(case: dict[str, Any]) -> None:
    config = {f"hoprd:{key}": value for key, value in changed(case["change"]).items()}
    assert not _SCHEMA.is_valid(config)


def test_the_valid_configuration_passes_the_rules_and_the_schema() -> None:
    assert problems(changed({})) == []
    assert list(_SCHEMA.iter_errors({f"hoprd:{key}": value for key, value in changed({}).items()})) == []


def test_problems_of_all_sections_and_between_sections_are_reported_together() -> None:
    raw = changed(
        {
            "network": "rotze",
            "chain/confirmations": 0,
            "wallet/privateKey": ABSENT,
            "wallet/apiToken": 5,
            "platform/ingress/loadBalancerIp": "here",
            "pools/core/funding/schedule": "never",
            "pools/other": {"size": 1},
            "clusters/edge/pool": "other",
            "nodes/solo/pool": "elsewhere",
            "nodes/solo/enabled": "no",
            "hoprd": 1,
        }
    )
    paths = [problem.split(": ")[0] for problem in problems(raw)]
    assert paths == [
        "hoprd",
        "chain.confirmations",
        "wallet.apiToken",
        "platform.ingress.loadBalancerIp",
        "pools.core.funding.schedule",
        "nodes.solo.enabled",
        "wallet.privateKey",
        "network",
        "nodes.solo.pool",
        "pools.other.size",
    ]


def test_rules_between_values_also_apply_to_entries_with_other_invalid_fields() -> None:
    changes = {
        "pools/core/funding/schedule": "5 * *",
        "pools/core/colour": "blue",
        "clusters/edge/replicas": 9,
        "clusters/edge/version": 2.1,
        "clusters/edge/config": "- a",
        "nodes/solo/deployment": 1,
    }
    paths = [problem.split(": ")[0] for problem in problems(changed(changes))]
    assert sorted(paths[:-1]) == sorted(path.replace("/", ".") for path in changes if path != "clusters/edge/replicas")
    assert paths[-1] == "pools.core.size"


def test_an_invalid_pool_is_not_reported_as_unknown() -> None:
    assert problems(changed({"pools/core/size": 0})) == [
        "pools.core.size: 0 is out of range, expected 1 to 200, e.g. 7"
    ]


def test_an_empty_configuration_reports_every_required_key() -> None:
    paths = [problem.split(": ")[0] for problem in problems({})]
    assert paths == [
        "network",
        "chain",
        "platform",
        "pools",
        "wallet.privateKey",
        "wallet.identityPassword",
        "wallet.apiToken",
    ]


def test_the_declared_defaults_are_reported_as_missing() -> None:
    declared: dict[str, object] = {"network": ""} | {
        name: {} for name in ("networks", "chain", "wallet", "platform", "pools", "clusters", "nodes")
    }
    paths = [problem.split(": ")[0] for problem in problems(declared)]
    assert paths == [
        "network",
        "chain.rpcUrl",
        "platform.namespace",
        "platform.ingress",
        "wallet.privateKey",
        "wallet.identityPassword",
        "wallet.apiToken",
    ]
