"""Create and update: the state, the object in the cluster, and the errors."""

from __future__ import annotations

import json

import pytest

from standin.properties import Secret
from testkit.provider.engine_double import Failure, ProviderProcess, in_background
from testkit.provider.objects import (
    CONFIG_MAP,
    DEPLOYMENT,
    SECRET,
    WIDGET,
    WIDGET_DEFINITION,
    config_map,
    deployment,
    service_account,
    widget,
)
from testkit.provider.other_client import OtherClient, wait_until


def test_the_state_is_the_live_object_together_with_the_inputs(provider: ProviderProcess, namespace: str) -> None:
    resource = provider.resource(CONFIG_MAP, "settings", config_map(namespace, "settings", a="1"))

    outputs = resource.create()

    assert resource.id == f"{namespace}/settings"
    assert outputs["data"] == {"a": "1"}
    assert outputs["metadata"]["uid"]
    assert outputs["__inputs"] == resource.inputs
    assert outputs["__initialApiVersion"] == "v1"
    assert outputs["__fieldManager"].startswith("pulumi-kubernetes-")


def test_a_generated_name_does_not_change(provider: ProviderProcess, namespace: str) -> None:
    resource = provider.resource(CONFIG_MAP, "settings", config_map(namespace, a="1"))
    previewed = resource.create(preview=True)["metadata"]["name"]

    created = resource.create()["metadata"]

    assert created["name"] == previewed
    assert len(created["name"].removeprefix("settings-")) == 8
    assert created["annotations"] == {"pulumi.com/autonamed": "true"}
    assert not resource.diff(config_map(namespace, a="1")).detailedDiff


def test_a_namespaced_object_without_a_namespace_is_created_in_the_default_one(provider: ProviderProcess) -> None:
    named = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "provider-test"}}
    resource = provider.resource(CONFIG_MAP, "settings", named)

    resource.create()

    assert resource.id == "default/provider-test"
    resource.delete()


def test_the_same_inputs_are_not_a_change(provider: ProviderProcess, namespace: str) -> None:
    inputs = deployment(namespace, "node")
    inputs["spec"]["replicas"] = 0  # contains an empty list and quantities that are not in canonical form
    resource = provider.resource(DEPLOYMENT, "node", inputs)
    resource.create()

    difference = resource.diff(inputs)

    assert difference.hasDetailedDiff
    assert dict(difference.detailedDiff) == {}


def test_a_changed_field_is_updated_in_place_and_another_managers_field_stays(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=1))
    resource.create()
    other_client.merge("widget/w", {"spec": {"mode": "fast"}})

    difference = resource.diff(widget(namespace, "w", size=2))
    resource.update(widget(namespace, "w", size=2))

    assert list(difference.detailedDiff) == ["spec.size"]
    assert not difference.replaces
    live = other_client.get("widget/w")
    assert live is not None
    assert live["spec"] == {"size": 2, "mode": "fast"}


def test_a_field_that_the_program_drops_is_removed_from_the_object(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource("core/v1:ServiceAccount", "sa", service_account(namespace, "sa", a="1", b="2"))
    resource.create()

    difference = resource.diff(service_account(namespace, "sa", a="1"))
    resource.update(service_account(namespace, "sa", a="1"))

    assert list(difference.detailedDiff) == ["metadata.annotations.b"]
    live = other_client.get("serviceaccount/sa")
    assert live is not None
    assert live["metadata"]["annotations"] == {"a": "1"}


def test_an_immutable_field_replaces_the_object_and_a_fixed_name_deletes_the_old_one_first(
    provider: ProviderProcess, namespace: str
) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node"))
    resource.create()
    other = deployment(namespace, "node")
    other["spec"]["selector"]["matchLabels"] = other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}

    difference = resource.diff(other)

    assert list(difference.replaces) == ["spec.selector.matchLabels.app"]
    assert difference.deleteBeforeReplace


def test_an_object_created_before_its_kind_is_defined_waits_for_the_definition(
    provider: ProviderProcess, namespace: str, administrator: OtherClient
) -> None:
    text = json.dumps(WIDGET_DEFINITION).replace("widget", "gadget").replace("Widget", "Gadget")
    gadget = {**widget(namespace, "g"), "kind": "Gadget"}
    resource = provider.resource("provider-test.org/v1:Gadget", "g", gadget)
    creation, raised = in_background(resource.create)
    wait_until(lambda: any('no matches for kind "Gadget"' in line for line in provider.log.lines))

    administrator.apply(json.loads(text))
    creation.join(15)

    assert not raised
    assert resource.id == f"{namespace}/g"
    administrator.run("delete", "crd/gadgets.provider-test.org")


def test_with_a_generated_name_the_replacement_is_created_first(provider: ProviderProcess, namespace: str) -> None:
    resource = provider.resource(CONFIG_MAP, "settings", config_map(namespace, a="1"))
    resource.create()

    difference = resource.diff(config_map(namespace, a="2"))

    assert list(difference.replaces) == ["data.a"]
    assert not difference.deleteBeforeReplace


def test_ignored_changes_keep_what_is_on_the_cluster(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=1, note="a"))
    resource.create()
    other_client.merge("widget/w", {"spec": {"size": 7}})
    resource.refresh()
    resource.ignore_changes = ["spec.size"]

    difference = resource.diff(widget(namespace, "w", size=1, note="b"))
    resource.update(widget(namespace, "w", size=1, note="b"))

    assert list(difference.detailedDiff) == ["metadata.annotations.note"]
    assert resource.state["spec"] == {"size": 7}


def test_a_conflict_names_the_field_and_its_owner(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=1))
    resource.create()
    other_client.apply(widget(namespace, "w", size=5))

    with pytest.raises(Failure) as caught:
        resource.update(widget(namespace, "w", size=2))

    message = caught.value.message
    assert f"{namespace}/w" in message
    assert ".spec.size" in message
    assert '"other-client"' in message
    assert caught.value.state["spec"] == {"size": 5}, "the state has the live object"
    resource.update(widget(namespace, "w", size=2, **{"pulumi.com/patchForce": "true"}))
    assert resource.state["spec"] == {"size": 2}


def test_an_update_takes_over_fields_that_kubectl_set(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=1))
    resource.create()
    other_client.run("patch", "widget/w", "--type=merge", "-p", '{"spec": {"size": 5}}')  # manager kubectl-patch

    resource.update(widget(namespace, "w", size=2))

    assert resource.state["spec"] == {"size": 2}


def test_an_invalid_object_is_rejected_with_the_api_servers_message(provider: ProviderProcess, namespace: str) -> None:
    resource = provider.resource(WIDGET, "w", widget(namespace, "w", size=12))

    with pytest.raises(Failure) as caught:
        resource.create()

    assert "spec.size: Invalid value: 12: spec.size in body should be less than or equal to 9" in caught.value.message
    assert "Traceback" not in caught.value.message
    assert not caught.value.state


def test_secrets_stay_secret_in_inputs_and_outputs(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    meta = {"namespace": namespace, "name": "s"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"k": Secret("planted")}}
    labelled = config_map(namespace, "c")
    labelled["data"] = {"plain": "seen", "hidden": Secret("planted")}

    outputs = provider.resource(SECRET, "s", secret).create()
    mixed = provider.resource(CONFIG_MAP, "c", labelled).create()

    assert outputs["data"] == Secret({"k": "cGxhbnRlZA=="})
    assert outputs["__inputs"]["data"] == Secret({"k": "cGxhbnRlZA=="})
    assert mixed["data"] == {"plain": "seen", "hidden": Secret("planted")}
    live = other_client.get("secret/s")
    assert live is not None
    assert live["data"] == {"k": "cGxhbnRlZA=="}
    assert not any("planted" in line for line in provider.log.lines)
