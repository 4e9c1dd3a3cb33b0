"""Delete: waits until the object does not exist, names the finalizers that keep it, and keeps orphans."""

from __future__ import annotations

import pytest

from testkit.provider.engine_double import Failure, ProviderProcess, Resource, in_background
from testkit.provider.objects import CONFIG_MAP, WIDGET, config_map, widget
from testkit.provider.other_client import OtherClient, wait_until

FINALIZER = "provider-test.org/hold"


def _held_widget(provider: ProviderProcess, namespace: str) -> Resource:
    inputs = widget(namespace, "w")
    inputs["metadata"]["finalizers"] = [FINALIZER]
    resource = provider.resource(WIDGET, "w", inputs)
    resource.create()
    return resource


def test_a_deletion_that_a_finalizer_blocks_times_out(provider: ProviderProcess, namespace: str) -> None:
    resource = _held_widget(provider, namespace)

    with pytest.raises(Failure, match="timed out"):
        resource.delete(timeout_s=1.5)


@pytest.mark.usefixtures("stand_in")
def test_a_timeout_names_the_finalizers(provider: ProviderProcess, namespace: str) -> None:
    resource = _held_widget(provider, namespace)

    with pytest.raises(Failure, match=FINALIZER):
        resource.delete(timeout_s=1.5)


def test_a_deletion_ends_when_the_finalizer_is_removed(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = _held_widget(provider, namespace)
    deletion, raised = in_background(resource.delete)
    wait_until(lambda: "deletionTimestamp" in (other_client.get("widget/w") or {}).get("metadata", {}))

    other_client.merge("widget/w", {"metadata": {"finalizers": None}})
    deletion.join(10)

    assert not deletion.is_alive()
    assert not raised
    assert other_client.get("widget/w") is None


def _owned_claim(namespace: str, owner: Resource) -> dict[str, object]:
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": owner.state["metadata"]["uid"],
        "blockOwnerDeletion": True,
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "db", "namespace": namespace, "ownerReferences": [reference]},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


def test_a_deletion_waits_for_the_objects_dependents(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    owner = provider.resource(CONFIG_MAP, "owner", config_map(namespace, "owner"))
    owner.create()
    other_client.apply(_owned_claim(namespace, owner))

    owner.delete()

    assert other_client.get("configmap/owner") is None
    assert other_client.get("pvc/db") is None


def test_orphan_propagation_keeps_the_claim(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    inputs = config_map(namespace, "owner")
    inputs["metadata"]["annotations"] = {"pulumi.com/deletionPropagationPolicy": "orphan"}
    owner = provider.resource(CONFIG_MAP, "owner", inputs)
    owner.create()
    other_client.apply(_owned_claim(namespace, owner))

    owner.delete()

    assert other_client.get("configmap/owner") is None
    claim = other_client.get("pvc/db")
    assert claim is not None
    assert "deletionTimestamp" not in claim["metadata"]
    assert "ownerReferences" not in claim["metadata"]


def test_deleting_a_missing_object_succeeds(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(CONFIG_MAP, "c", config_map(namespace, "c", a="1"))
    resource.create()
    other_client.delete("configmap/c")

    resource.delete()
