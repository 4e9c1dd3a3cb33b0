"""Creating an object that exists: an error by default, an adoption with `upsertExistingObjects`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devnet.home import Home
from testkit.provider.engine_double import Failure, ProviderProcess, running_provider
from testkit.provider.objects import CONFIG_MAP, WIDGET, config_map, widget
from testkit.provider.other_client import OtherClient

SAME_MANAGER = {"pulumi.com/patchFieldManager": "project/stack"}
FORCED = {**SAME_MANAGER, "pulumi.com/patchForce": "true"}


@pytest.fixture(scope="module")
def upserting(devnet_home: Home, administrator: OtherClient) -> Iterator[ProviderProcess]:
    with running_provider(devnet_home, upsertExistingObjects="true") as provider:
        yield provider


def test_an_existing_object_is_refused_and_stays_as_it_is(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    other_client.apply(config_map(namespace, "theirs", a="1"))
    before = other_client.get("configmap/theirs")
    resource = provider.resource(CONFIG_MAP, "ours", config_map(namespace, "theirs", a="1", b="2"))

    with pytest.raises(Failure) as caught:
        resource.create()

    assert "was not successfully created by the Kubernetes API server" in caught.value.message
    assert 'configmaps "theirs" already exists' in caught.value.message
    assert not caught.value.state
    assert other_client.get("configmap/theirs") == before


def test_an_object_that_the_provider_created_is_refused_too(provider: ProviderProcess, namespace: str) -> None:
    """As after an `up` that was killed between the creation and the write of the state."""
    provider.resource(WIDGET, "w", widget(namespace, "w")).create()

    with pytest.raises(Failure, match=r'widgets\.provider-test\.org "w" already exists'):
        provider.resource(WIDGET, "w", widget(namespace, "w")).create()


def test_a_preview_does_not_report_an_existing_object(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    other_client.apply(config_map(namespace, "theirs", a="1"))

    previewed = provider.resource(CONFIG_MAP, "ours", config_map(namespace, "theirs", b="2")).create(preview=True)

    assert previewed["data"] == {"b": "2"}


def test_a_created_object_can_be_updated_and_its_dropped_fields_are_removed(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    """The creation is no server-side apply, so the first update takes its fields over."""
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=1, note="a"))
    resource.create()

    resource.update(widget(namespace, "w", size=2))

    live = other_client.get("widget/w")
    assert live is not None
    assert live["spec"] == {"size": 2}
    assert "note" not in live["metadata"].get("annotations", {})


def test_an_upsert_adopts_an_existing_object(
    upserting: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    other_client.apply(config_map(namespace, "theirs", a="1"))

    outputs = upserting.resource(CONFIG_MAP, "ours", config_map(namespace, "theirs", b="2")).create()

    assert outputs["data"] == {"a": "1", "b": "2"}


def test_an_upsert_conflicts_with_other_field_managers_unless_it_is_forced(
    upserting: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    other_client.apply(widget(namespace, "w", size=1))

    with pytest.raises(Failure, match='conflict with "other-client"'):
        upserting.resource(WIDGET, "w", widget(namespace, "w", size=2)).create()

    forced = upserting.resource(WIDGET, "w", widget(namespace, "w", size=2, **FORCED))
    assert forced.create()["spec"] == {"size": 2}


def test_two_creations_under_one_field_manager_leave_one_owner(
    upserting: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    """As after an `up` that was killed: the second creation owns everything, and can drop what the first one set."""
    upserting.resource(WIDGET, "w", widget(namespace, "w", size=1, note="a", **SAME_MANAGER)).create()

    resource = upserting.resource(WIDGET, "w", widget(namespace, "w", size=2, **SAME_MANAGER))
    resource.create()

    live = other_client.get("widget/w")
    assert live is not None
    assert live["spec"] == {"size": 2}
    assert "note" not in live["metadata"]["annotations"]
    assert [entry["manager"] for entry in live["metadata"]["managedFields"]] == ["project/stack"]


def test_a_changed_field_manager_releases_the_fields_of_the_old_one(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=1, note="a"))
    resource.create()

    resource.update(widget(namespace, "w", size=2, **FORCED))

    live = other_client.get("widget/w")
    assert live is not None
    assert live["spec"] == {"size": 2}
    assert "note" not in live["metadata"]["annotations"]
