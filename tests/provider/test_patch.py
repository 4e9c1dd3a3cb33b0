"""Patch resources: fields of another client's object, under their own field manager, released on delete."""

from __future__ import annotations

import pytest

from testkit.provider.engine_double import Failure, ProviderProcess, Resource
from testkit.provider.objects import WIDGET, WIDGET_PATCH, config_map, widget, widget_patch
from testkit.provider.other_client import OtherClient

FINALIZER = "hoprds.hoprnet.org/finalizer"


def _patched(provider: ProviderProcess, namespace: str) -> tuple[Resource, Resource]:
    owner = provider.resource(WIDGET, "w", widget(namespace, "w", size=3))
    owner.create()
    patch = provider.resource(WIDGET_PATCH, "w-status", widget_patch(namespace, "w", "Ready", [FINALIZER]))
    patch.create()
    return owner, patch


def test_a_patch_sets_status_and_finalizer_and_nothing_else(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    owner, patch = _patched(provider, namespace)

    live = other_client.get("widget/w")
    assert live is not None
    assert live["status"] == {"phase": "Ready"}
    assert live["metadata"]["finalizers"] == [FINALIZER]
    assert live["spec"] == {"size": 3}
    managers = {entry["manager"] for entry in live["metadata"]["managedFields"]}
    assert managers == {owner.state["__fieldManager"], patch.state["__fieldManager"]}
    assert len(managers) == 2


def test_owner_and_patch_see_no_change_in_each_other(provider: ProviderProcess, namespace: str) -> None:
    owner, patch = _patched(provider, namespace)

    for resource in (owner, patch):
        resource.refresh()
        assert not resource.diff().detailedDiff


def test_a_patch_is_updated_in_place(provider: ProviderProcess, namespace: str) -> None:
    _, patch = _patched(provider, namespace)
    new = widget_patch(namespace, "w", "Deleting", [FINALIZER])

    difference = patch.diff(new)
    patch.update(new)

    assert list(difference.detailedDiff) == ["status.phase"]
    assert not difference.replaces
    assert patch.state["status"] == {"phase": "Deleting"}


def test_a_deleted_patch_removes_its_fields_so_that_the_object_can_be_deleted(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    owner, patch = _patched(provider, namespace)

    patch.delete()

    live = other_client.get("widget/w")
    assert live is not None
    assert "status" not in live
    assert "finalizers" not in live["metadata"]
    owner.delete(timeout_s=60)  # the garbage collector discovers new kinds every 30 s
    assert other_client.get("widget/w") is None


def test_deleting_a_patch_completes_the_deletion_of_its_object(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    _, patch = _patched(provider, namespace)
    other_client.run("delete", "widget/w", "--wait=false")

    patch.delete()

    assert other_client.get("widget/w") is None


def test_deleting_a_patch_whose_object_is_gone_creates_the_object_again(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    """A fault of the official provider, which the program avoids: it patches no object that others may delete."""
    other_client.apply(config_map(namespace, "theirs", a="1"))
    patch = provider.resource("core/v1:ConfigMapPatch", "c", config_map(namespace, "theirs", b="2"))
    patch.create()
    other_client.delete("configmap/theirs")

    patch.delete()

    live = other_client.get("configmap/theirs")
    assert live is not None
    assert "data" not in live


def test_a_shared_map_keeps_foreign_entries(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    other_client.apply(config_map(namespace, "tcp", **{"9999": "other/service:1"}))
    patch = provider.resource("core/v1:ConfigMapPatch", "tcp", config_map(namespace, "tcp", **{"9000": "ours/node:1"}))

    patch.create()
    patch.update(config_map(namespace, "tcp", **{"9010": "ours/node:1"}))
    live = other_client.get("configmap/tcp")

    assert live is not None
    assert live["data"] == {"9999": "other/service:1", "9010": "ours/node:1"}
    assert not patch.diff(config_map(namespace, "tcp", **{"9010": "ours/node:1"})).replaces


def test_a_patch_that_is_the_only_owner_of_a_required_field_names_the_field(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    _, patch = _patched(provider, namespace)
    other_client.merge("widget/w", {"status": {"peers": 4}})

    with pytest.raises(Failure, match=r"required field.*status\.phase"):
        patch.delete()


def test_a_patch_needs_the_name_of_its_object(provider: ProviderProcess, namespace: str) -> None:
    nameless = widget_patch(namespace, "w", "Ready", [])
    del nameless["metadata"]["name"]

    with pytest.raises(Failure, match=r"patch resources require the `\.metadata\.name` field"):
        provider.resource(WIDGET_PATCH, "w", nameless).create()
