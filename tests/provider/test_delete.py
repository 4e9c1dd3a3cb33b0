"""Delete: waits until the object is gone, says what holds it, and spares what should stay."""

from __future__ import annotations

import pytest

from testkit.provider.engine_double import Failure, ProviderProcess, Resource, in_background
from testkit.provider.objects import CONFIG_MAP, WIDGET, config_map, widget
from testkit.provider.somebody_else import SomebodyElse, wait_until

FINALIZER = "provider-test.org/hold"


def _held_widget(provider: ProviderProcess, namespace: str) -> Resource:
    inputs = widget(namespace, "w")
    inputs["metadata"]["finalizers"] = [FINALIZER]
    resource = provider.resource(WIDGET, "w", inputs)
    resource.create()
    return resource


def test_a_deletion_that_a_finalizer_holds_up_fails_naming_it(provider: ProviderProcess, namespace: str) -> None:
    resource = _held_widget(provider, namespace)

    with pytest.raises(Failure) as caught:
        resource.delete(timeout_s=1.5)

    assert "timed out after 1.5 s" in caught.value.message
    assert FINALIZER in caught.value.message


def test_a_deletion_ends_when_the_finalizer_goes(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    resource = _held_widget(provider, namespace)
    deletion, raised = in_background(resource.delete)
    wait_until(lambda: any(FINALIZER in line for line in provider.log.lines))

    somebody_else.merge("widget/w", {"metadata": {"finalizers": None}})
    deletion.join(10)

    assert not deletion.is_alive()
    assert not raised
    assert somebody_else.get("widget/w") is None


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


def test_a_deletion_waits_for_what_the_object_owns(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    owner = provider.resource(CONFIG_MAP, "owner", config_map(namespace, "owner"))
    owner.create()
    somebody_else.apply(_owned_claim(namespace, owner))

    owner.delete()

    assert somebody_else.get("configmap/owner") is None
    assert somebody_else.get("pvc/db") is None


def test_orphan_propagation_keeps_the_claim(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    inputs = config_map(namespace, "owner")
    inputs["metadata"]["annotations"] = {"pulumi.com/deletionPropagationPolicy": "orphan"}
    owner = provider.resource(CONFIG_MAP, "owner", inputs)
    owner.create()
    somebody_else.apply(_owned_claim(namespace, owner))

    owner.delete()

    assert somebody_else.get("configmap/owner") is None
    claim = somebody_else.get("pvc/db")
    assert claim is not None
    assert "deletionTimestamp" not in claim["metadata"]
    assert "ownerReferences" not in claim["metadata"]


def test_deleting_what_is_gone_already_is_fine(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    resource = provider.resource(CONFIG_MAP, "c", config_map(namespace, "c", a="1"))
    resource.create()
    somebody_else.delete("configmap/c")

    resource.delete()
