"""Patch resources: fields on somebody else's object, under a field manager of their own, given up again on delete."""

from __future__ import annotations

import pytest

from testkit.provider.engine_double import Failure, ProviderProcess, Resource
from testkit.provider.objects import WIDGET, WIDGET_PATCH, config_map, widget, widget_patch
from testkit.provider.somebody_else import SomebodyElse

FINALIZER = "hoprds.hoprnet.org/finalizer"


def _patched(provider: ProviderProcess, namespace: str) -> tuple[Resource, Resource]:
    owner = provider.resource(WIDGET, "w", widget(namespace, "w", size=3))
    owner.create()
    patch = provider.resource(WIDGET_PATCH, "w-status", widget_patch(namespace, "w", "Ready", [FINALIZER]))
    patch.create()
    return owner, patch


def test_a_patch_sets_status_and_finalizer_and_leaves_the_rest(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    owner, patch = _patched(provider, namespace)

    live = somebody_else.get("widget/w")
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


def test_a_deleted_patch_takes_its_fields_along_so_that_the_object_can_go(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    owner, patch = _patched(provider, namespace)

    patch.delete()

    live = somebody_else.get("widget/w")
    assert live is not None
    assert "status" not in live
    assert "finalizers" not in live["metadata"]
    owner.delete(timeout_s=60)  # the garbage collector learns of a new kind only every 30 s
    assert somebody_else.get("widget/w") is None


def test_a_patch_lets_an_object_go_that_is_being_deleted(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    _, patch = _patched(provider, namespace)
    somebody_else.run("delete", "widget/w", "--wait=false")

    patch.delete()

    assert somebody_else.get("widget/w") is None


def test_deleting_a_patch_does_not_make_a_vanished_object_anew(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    somebody_else.apply(config_map(namespace, "theirs", a="1"))
    patch = provider.resource("core/v1:ConfigMapPatch", "c", config_map(namespace, "theirs", b="2"))
    patch.create()
    somebody_else.delete("configmap/theirs")

    patch.delete()

    assert somebody_else.get("configmap/theirs") is None


def test_a_shared_map_keeps_foreign_entries(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    somebody_else.apply(config_map(namespace, "tcp", **{"9999": "other/service:1"}))
    patch = provider.resource("core/v1:ConfigMapPatch", "tcp", config_map(namespace, "tcp", **{"9000": "ours/node:1"}))

    patch.create()
    patch.update(config_map(namespace, "tcp", **{"9010": "ours/node:1"}))
    live = somebody_else.get("configmap/tcp")

    assert live is not None
    assert live["data"] == {"9999": "other/service:1", "9010": "ours/node:1"}
    assert not patch.diff(config_map(namespace, "tcp", **{"9010": "ours/node:1"})).replaces


def test_a_patch_that_is_the_only_owner_of_a_required_field_says_so(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    _, patch = _patched(provider, namespace)
    somebody_else.merge("widget/w", {"status": {"peers": 4}})

    with pytest.raises(Failure, match=r"required field status\.phase"):
        patch.delete()


def test_a_patch_needs_the_name_of_its_object(provider: ProviderProcess, namespace: str) -> None:
    nameless = widget_patch(namespace, "w", "Ready", [])
    del nameless["metadata"]["name"]

    with pytest.raises(Failure, match=r"patch resources require the `\.metadata\.name` field"):
        provider.resource(WIDGET_PATCH, "w", nameless).create()
