"""How objects are registered, so that deleted ones are created again and existing ones stay."""

from collections.abc import Callable
from dataclasses import asdict

from components.manifests import names
from config.models.settings import Settings
from summary.recorded import RecordedObject
from testkit.components.recording_engine import Engine, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
NODE = f"{samples.CLUSTER_NAME}-1"


def test_every_object_has_a_trigger_with_which_a_deleted_one_is_created_again(example: Engine) -> None:
    """Pulumi replaces a resource whose trigger changes; its Update fails when the object does not exist."""
    for one in example.registered:
        if one.type.startswith("kubernetes:"):
            assert one.replacement_trigger == (None if one.type.endswith("Patch") else "0"), one.urn
            assert one.delete_before_replace == one.type.endswith(":Deployment"), one.urn


def test_recorded_objects_of_the_same_namespace_are_looked_for_and_deleted_before_they_are_replaced(
    stack: Stack,
) -> None:
    def recorded(kind: str, resource: str, namespace: str = samples.NAMESPACE) -> RecordedObject:
        name = resource.removesuffix("-service").removesuffix("-resource").removesuffix("-namespace")
        return RecordedObject(kind, namespace, samples.NAMESPACE if kind == "Namespace" else name, "uid", resource)

    kept = [
        recorded("Service", f"{NODE}-service"),
        recorded("Namespace", "platform-namespace", ""),
        recorded(names.POOL_KIND, f"{samples.POOL_NAME}-resource"),
    ]
    gone = [recorded("Service", "removed-service"), recorded("Ingress", f"{NODE}-ingress", "former")]
    engine = run(stack(), objects=(*kept, *gone))
    assert engine.one(":Presence", "presence").inputs["objects"] == [asdict(one) for one in kept]
    assert engine.one("v1:Service", f"{NODE}-service").delete_before_replace
    assert engine.one("v1:Namespace", "platform-namespace").delete_before_replace
    assert not engine.one("v1:Ingress", f"{NODE}-ingress").delete_before_replace


def test_no_property_comes_from_a_custom_resource_so_that_its_replacement_replaces_nothing_else(
    example: Engine,
) -> None:
    resources = {one.urn for one in example.registered if one.type.startswith(f"kubernetes:{names.API_VERSION}:")}
    owned = [one for one in example.registered if (one.inputs.get("metadata") or {}).get("ownerReferences")]
    assert len(owned) > len(resources)
    for one in owned:
        assert not resources & one.origins, one.urn
        assert resources & one.dependencies, one.urn
