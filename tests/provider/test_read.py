"""Read: refresh, import and `.get()`."""

from __future__ import annotations

from testkit.provider.engine_double import ProviderProcess, Resource
from testkit.provider.objects import CONFIG_MAP, WIDGET, config_map, widget
from testkit.provider.other_client import OtherClient


def test_a_refresh_shows_changes_by_others_only_in_the_programs_fields(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=1))
    resource.create()
    other_client.merge("widget/w", {"spec": {"size": 3, "mode": "slow"}, "metadata": {"labels": {"theirs": "yes"}}})

    assert resource.refresh() == f"{namespace}/w"

    assert resource.state["spec"] == {"size": 3, "mode": "slow"}
    assert resource.old_inputs["spec"] == {"size": 3}
    assert list(resource.diff(widget(namespace, "w", size=1)).detailedDiff) == ["spec.size"]


def test_a_refresh_of_a_deleted_object_has_no_id(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(CONFIG_MAP, "c", config_map(namespace, "c", a="1"))
    resource.create()
    other_client.delete("configmap/c")

    assert resource.refresh() == ""


def test_an_object_of_a_kind_that_is_no_longer_served_does_not_exist(provider: ProviderProcess, namespace: str) -> None:
    meta = {"namespace": namespace, "name": "x"}
    past = {"apiVersion": "provider-test.org/v0", "kind": "Past", "metadata": meta}
    resource = Resource(provider.stub, "urn:pulumi:t::p::kubernetes:provider-test.org/v0:Past::x", "x", past)
    resource.id, resource.state, resource.old_inputs = f"{namespace}/x", {**past, "__inputs": past}, past

    assert resource.refresh() == ""


def test_an_import_derives_the_inputs_that_a_program_needs(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    other_client.apply(config_map(namespace, "theirs", a="1"))
    resource = provider.resource(CONFIG_MAP, "c", {})
    resource.id = f"{namespace}/theirs"

    assert resource.refresh() == f"{namespace}/theirs"

    assert resource.old_inputs == config_map(namespace, "theirs", a="1")
    assert not resource.diff(config_map(namespace, "theirs", a="1")).detailedDiff
