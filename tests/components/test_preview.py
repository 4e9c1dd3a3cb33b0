"""A preview shows known values, has unknown ones where they depend on new objects, and only observes the chain."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from components import pool_preview
from components.manifests import names
from config.errors import HoprdError
from config.models.settings import Settings
from testkit.components.recording_engine import Cluster, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
NODE = f"{samples.CLUSTER_NAME}-1"


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str | None]]:
    """The native addresses that each description got."""
    received: list[dict[str, str | None]] = []

    def describe(settings: Settings, pool_name: str, nodes: Mapping[str, str | None]) -> str:
        received.append(dict(nodes))
        return f"table of {pool_name}"

    monkeypatch.setattr(pool_preview, "describe_pool", describe)
    return received


def test_a_new_stack_is_described_before_its_keys_exist(
    stack: Stack, described: list[dict[str, str | None]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run(stack(), Cluster(created=False), preview=True)
    assert described == [{f"{samples.POOL_NAME}-{n}": None for n in (1, 2, 3)}]
    assert f"table of {samples.POOL_NAME}" in caplog.messages


def test_a_stack_with_keys_is_described_with_their_addresses(
    stack: Stack, described: list[dict[str, str | None]]
) -> None:
    run(stack(), Cluster(), preview=True)
    names_ = [f"{samples.POOL_NAME}-{n}" for n in (1, 2, 3)]
    assert described == [{name: f"native-of-{name}" for name in names_}]


def test_only_a_preview_describes(stack: Stack, described: list[dict[str, str | None]]) -> None:
    run(stack())
    assert described == []


def test_an_error_of_the_description_is_left_to_the_resource_to_report(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def describe(*_: Any) -> str:
        raise HoprdError("https://rpc.example.org does not answer")

    monkeypatch.setattr(pool_preview, "describe_pool", describe)
    run(stack(), preview=True)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("described")
def test_only_fields_that_the_api_server_adds_are_unknown_before_the_first_update(stack: Stack) -> None:
    engine = run(stack(), Cluster(created=False), preview=True)
    deployment = engine.one("apps/v1:Deployment", f"{NODE}-deployment").inputs
    (owner,) = deployment["metadata"]["ownerReferences"]
    assert (owner["name"], owner["uid"]) == (NODE, UNKNOWN)
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    values = {entry["name"]: entry.get("value") for entry in environment}
    assert (values["HOPRD_HOST"], values["HOPRD_SAFE_ADDRESS"]) == ("203.0.113.10:9000", UNKNOWN)
    resource = engine.one(f"v1alpha2:{names.NODE_KIND}", f"{NODE}-resource").inputs
    assert resource["spec"]["identityName"] == f"{samples.POOL_NAME}-1"
    status = engine.one(f"v1alpha2:{names.NODE_KIND}Patch", f"{NODE}-status").inputs["status"]
    assert status == UNKNOWN


@pytest.mark.usefixtures("described")
def test_a_change_with_unknown_values_makes_the_uids_of_owners_unknown(stack: Stack) -> None:
    """A change of a pool on chain makes specs unknown, and their preview has no uids."""
    engine = run(stack(), Cluster(changing=True), preview=True)
    deployment = engine.one("apps/v1:Deployment", f"{NODE}-deployment").inputs
    (owner,) = deployment["metadata"]["ownerReferences"]
    assert (owner["name"], owner["uid"]) == (NODE, UNKNOWN)
