"""Registered resources: owners, order, retention and protection."""

from collections.abc import Callable
from typing import Any

import pytest

from components.manifests import names
from components.manifests.inventory import object_names
from config.cluster_names import STACK_ANNOTATION
from config.models.platform import Images
from config.models.settings import Settings
from testkit.components.fake_cluster import namespace
from testkit.components.recording_engine import Cluster, Engine, Registered, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
NODE = f"{samples.CLUSTER_NAME}-1"
IDENTITY = f"{samples.POOL_NAME}-1"

COMPONENTS = {
    "hoprd:index:Platform": {"platform"},
    "hoprd:index:PortMaps": {"port-maps"},
    "hoprd:index:IdentityPool": {samples.POOL_NAME},
    "hoprd:index:IdentityHoprd": set(samples.POOL.identity_names(samples.POOL_NAME)),
    "hoprd:index:ClusterHoprd": {samples.CLUSTER_NAME},
    "hoprd:index:Hoprd": set(samples.CLUSTER.node_names(samples.CLUSTER_NAME)),
}


def owner(one: Registered) -> dict[str, Any]:
    (reference,) = one.inputs["metadata"]["ownerReferences"]
    assert isinstance(reference, dict)
    return reference


def test_the_example_has_seven_identities_and_five_nodes(example: Engine) -> None:
    for component, expected in COMPONENTS.items():
        assert example.of_type(component).keys() == expected


def test_every_child_has_its_component_as_parent_and_its_name_as_prefix(example: Engine) -> None:
    components = {one.urn: one.name for one in example.registered if one.type in COMPONENTS}
    for one in example.registered:
        if one.type.startswith(("kubernetes:", "pulumi:providers:")):
            name = components[one.parent]
            assert one.name.startswith(f"{name}-") or one.name.startswith(samples.POOL_NAME), one.urn


def test_all_kubernetes_objects_use_the_provider_of_the_stack(example: Engine) -> None:
    provider = next(one for one in example.registered if one.type == "pulumi:providers:kubernetes")
    for one in example.registered:
        if one.type.startswith("kubernetes:"):
            assert one.provider.startswith(provider.urn), one.urn
    assert "kubeconfig" not in provider.inputs
    assert provider.inputs["enableSecretMutable"] == "true"  # else a new identity replaces the Secret of all nodes


@pytest.mark.parametrize(
    ("type_", "name", "kind", "owning"),
    [
        ("core/v1:Secret", f"{samples.POOL_NAME}-identities", names.POOL_KIND, samples.POOL_NAME),
        ("batch/v1:CronJob", f"{samples.POOL_NAME}-funding", names.POOL_KIND, samples.POOL_NAME),
        (f"v1alpha2:{names.IDENTITY_KIND}", f"{IDENTITY}-resource", names.POOL_KIND, samples.POOL_NAME),
        (f"v1alpha2:{names.NODE_KIND}", f"{NODE}-resource", names.CLUSTER_KIND, samples.CLUSTER_NAME),
        ("apps/v1:Deployment", f"{NODE}-deployment", names.NODE_KIND, NODE),
        ("core/v1:Service", f"{NODE}-service", names.NODE_KIND, NODE),
        ("networking.k8s.io/v1:Ingress", f"{NODE}-ingress", names.NODE_KIND, NODE),
    ],
)
def test_a_child_names_the_uid_of_its_owner(example: Engine, type_: str, name: str, kind: str, owning: str) -> None:
    assert owner(example.one(type_, name)) == {
        "apiVersion": names.API_VERSION,
        "kind": kind,
        "name": owning,
        "uid": f"uid-of-{owning}-resource",
        "controller": True,
        "blockOwnerDeletion": True,
    }


def test_custom_resources_wait_for_namespace_and_definitions(example: Engine) -> None:
    needed = {one.urn for one in example.registered if one.name.startswith("platform-") and "CustomRes" in one.type}
    needed.add(example.one("core/v1:Namespace", "platform-namespace").urn)
    assert len(needed) == 5
    for kind, name in ((names.POOL_KIND, samples.POOL_NAME), (names.CLUSTER_KIND, samples.CLUSTER_NAME)):
        assert needed <= example.one(f"v1alpha2:{kind}", f"{name}-resource").dependencies


def test_the_finalizers_are_removed_before_the_custom_resources_are_deleted(example: Engine) -> None:
    finalizers = example.one(":FleetFinalizers", "fleet-finalizers")
    resources = {
        (one.inputs["kind"], one.inputs["metadata"]["name"]): one.urn
        for one in example.registered
        if one.type.startswith(f"kubernetes:{names.API_VERSION}:")
    }
    assert len(resources) == 1 + 7 + 1 + 5
    assert set(resources.values()) <= finalizers.dependencies
    assert {(kind, name) for kind, found in finalizers.inputs["resources"].items() for name in found} == set(resources)


def test_the_status_comes_after_everything_else(example: Engine) -> None:
    status = example.one(":FleetStatus", "fleet-status")
    others = {
        one.urn
        for one in example.registered
        if one.type.startswith("kubernetes:") and one.parent and not one.name.startswith(("platform", "port-maps"))
    }
    assert others | {example.one(":FleetFinalizers", "fleet-finalizers").urn} <= status.dependencies


def test_the_status_changes_with_the_deployment_of_each_node(stack: Stack, small_example: Engine) -> None:
    """A preview then shows that the run waits for the node."""

    def digests(engine: Engine) -> list[str]:
        nodes = engine.one(":FleetStatus", "fleet-status").inputs["nodes"]
        return [node["digest"] for node in nodes.values()]

    before = digests(small_example)
    assert len(set(before)) == 2
    for changed in (stack(version="2.2.0"), stack(enabled=False), stack(config="hopr: {}")):
        assert set(digests(run(changed))).isdisjoint(before)


def test_the_first_registration_of_a_custom_resource_has_neither_status_nor_finalizer(example: Engine) -> None:
    for kind in (names.POOL_KIND, names.IDENTITY_KIND, names.CLUSTER_KIND, names.NODE_KIND):
        for one in example.of_type(f"v1alpha2:{kind}").values():
            assert "status" not in one.inputs
            assert "finalizers" not in one.inputs["metadata"]


def test_no_node_waits_for_another(example: Engine) -> None:
    nodes = samples.CLUSTER.node_names(samples.CLUSTER_NAME)
    for one in example.registered:
        mine = next((node for node in nodes if one.name.startswith(f"{node}-")), None)
        for urn in one.dependencies if mine else ():
            other = urn.split("::")[-1]
            assert not any(other.startswith(f"{node}-") for node in nodes if node != mine), (one.name, other)


def test_a_node_waits_for_its_identity_on_chain_its_volume_and_the_secrets(example: Engine) -> None:
    needed = {urn.split("::")[-1] for urn in example.one("apps/v1:Deployment", f"{NODE}-deployment").dependencies}
    assert {
        f"{samples.POOL_NAME}-on-chain",
        f"{IDENTITY}-volume",
        f"{samples.POOL_NAME}-identities",
        f"{samples.POOL_NAME}-wallet",
    } <= needed


def test_pulumi_awaits_only_objects_that_it_must_await(example: Engine) -> None:
    for suffix in ("apps/v1:Deployment", "core/v1:Service", "v1:Ingress", "v1:PersistentVolumeClaim", "v1alpha2:Hoprd"):
        for one in example.of_type(suffix).values():
            assert one.inputs["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true", one.urn


def test_the_status_waits_for_nodes_as_long_as_configured(stack: Stack) -> None:
    engine = run(stack(platform={"deployment_timeout_s": 77}))
    assert engine.one(":FleetStatus", "fleet-status").inputs["timeoutS"] == 77
    for one in engine.of_type("apps/v1:Deployment").values():
        template = one.inputs["spec"]["template"]["metadata"]
        assert "annotations" not in template, "an annotation of the pods would restart them"


def test_scaling_moves_no_identity_and_no_node(stack: Stack) -> None:
    cluster = Cluster()
    two, four, one_node = (run(stack(pool={"size": 4}, replicas=replicas), cluster) for replicas in (2, 4, 1))
    assert two.urns < four.urns
    removed = two.urns - one_node.urns
    assert {urn.split("::")[-1].removeprefix(f"{samples.CLUSTER_NAME}-")[0] for urn in removed} == {"2"}
    assert all("hoprd:index:Hoprd" in urn for urn in removed)

    def assigned(engine: Engine) -> dict[str, tuple[str, int]]:
        return {name: (node["identity"], node["port"]) for name, node in engine.outputs["nodes"].items()}

    for one, other in ((two, four), (four, one_node)):
        shared = assigned(one).keys() & assigned(other).keys()
        assert {name: assigned(one)[name] for name in shared} == {name: assigned(other)[name] for name in shared}


def test_the_definitions_stay_when_the_stack_is_destroyed(example: Engine) -> None:
    assert len(example.of_type("CustomResourceDefinition")) == 4
    assert all(one.retain_on_delete for one in example.of_type("CustomResourceDefinition").values())


@pytest.mark.parametrize("retain", [True, False])
def test_retained_volumes_survive_their_pulumi_resource_and_their_custom_resource(stack: Stack, retain: bool) -> None:
    engine = run(stack(pool={"retain_volumes": retain}))
    volumes = engine.of_type("v1:PersistentVolumeClaim")
    assert [one.retain_on_delete for one in volumes.values()] == [retain] * 3
    for name, one in volumes.items():
        owners = [reference["name"] for reference in one.inputs["metadata"].get("ownerReferences", [])]
        assert owners == ([] if retain else [name.removesuffix("-volume")])


@pytest.mark.parametrize("existed", [True, False])
def test_the_namespace_stays_and_is_marked_only_if_the_stack_creates_it(stack: Stack, existed: bool) -> None:
    cluster = Cluster()
    cluster.api.objects.update(namespace(samples.NAMESPACE) if existed else {})
    one = run(stack(), cluster).one("v1:Namespace", "platform-namespace")
    assert one.retain_on_delete
    assert one.inputs["metadata"]["name"] == samples.NAMESPACE
    assert one.inputs["metadata"].get("annotations", {}).get(STACK_ANNOTATION) == (None if existed else "hoprd/test")


def test_nothing_is_registered_before_the_claim(example: Engine) -> None:
    (claim,) = (one.urn for one in example.of_type(":Allocation").values())
    first = [*example.of_type(":NodeKeys").values(), *example.of_type(":PoolOnChain").values()]
    first += [*example.of_type("v1:Namespace").values(), *example.of_type("CustomResourceDefinition").values()]
    assert len(first) == 7 + 1 + 1 + 4
    assert all(claim in one.dependencies for one in first)


def test_every_object_is_marked_with_its_stack_and_no_pod_template_is(example: Engine) -> None:
    for one in example.registered:
        kind = one.type.rpartition(":")[2]
        if one.type.startswith("kubernetes:") and not kind.endswith(("Patch", "CustomResourceDefinition")):
            annotations = one.inputs["metadata"]["annotations"]
            assert annotations[STACK_ANNOTATION] == annotations["pulumi.com/patchFieldManager"] == "hoprd/test", one.urn
            assert annotations["pulumi.com/patchForce"] == "true"
            template = one.inputs.get("spec", {}).get("template", {})
            assert STACK_ANNOTATION not in template.get("metadata", {}).get("annotations", {})


def test_all_stacks_share_the_field_manager_of_the_definitions(example: Engine) -> None:
    for one in example.of_type("CustomResourceDefinition").values():
        assert one.inputs["metadata"]["annotations"]["pulumi.com/patchFieldManager"] == "hoprd-definitions"


def test_the_provider_updates_objects_that_exist(example: Engine) -> None:
    (provider,) = example.of_type("pulumi:providers:kubernetes").values()
    assert provider.inputs["upsertExistingObjects"] == "true"


@pytest.mark.parametrize("images", [samples.PLATFORM.images, samples.WITH_OWN_IMAGE], ids=["hopli", "own image"])
def test_the_claim_lists_exactly_the_objects_that_are_registered(stack: Stack, images: Images) -> None:
    config = "hopr: {chain: {provider: 'https://rpc.example.org/v3/0123456789abcdef0123456789abcdef'}}"
    tuned = samples.TUNED_NODE.model_copy(update={"identity_name": None, "config": config})
    settings = stack(platform={"images": images}).model_copy(update={"nodes": {"tuned": tuned}})
    engine = run(settings)
    registered: dict[str, set[str]] = {}
    for one in engine.registered:
        kind = one.type.rpartition(":")[2]
        if one.type.startswith("kubernetes:") and not kind.endswith("Patch") and "namespace" in one.inputs["metadata"]:
            registered.setdefault(kind, set()).add(one.inputs["metadata"]["name"])
    assert "tuned-config" in registered["Secret"]
    assert {kind: set(listed) for kind, listed in object_names(settings).items()} == registered


@pytest.mark.parametrize("protect", [True, False])
def test_keys_are_protected_where_configured(stack: Stack, protect: bool) -> None:
    keys = run(stack(pool={"protect_keys": protect})).of_type("NodeKeys")
    assert [one.protect for one in keys.values()] == [protect] * 3


def test_existing_objects_are_not_created(stack: Stack) -> None:
    cluster = Cluster()
    cluster.api.objects.update(namespace(samples.NAMESPACE))
    engine = run(
        stack(
            pool={"secret_name": "existing-secret", "funding": None},
            platform={"create_namespace": False, "install_crds": False, "monitoring": False},
        ),
        cluster,
    )
    for absent in ("v1:Namespace", "CustomResourceDefinition", "v1:ServiceMonitor", "v1:CronJob"):
        assert engine.of_type(absent) == {}
    assert engine.of_type("v1:Secret").keys() == {f"{samples.POOL_NAME}-identities"}
    pool = engine.one(f"v1alpha2:{names.POOL_KIND}", f"{samples.POOL_NAME}-resource")
    assert pool.inputs["spec"]["secretName"] == "existing-secret"
    environment = engine.one("v1:Deployment", f"{NODE}-deployment").inputs["spec"]["template"]["spec"]["containers"][0]
    assert {
        "name": "HOPRD_API_TOKEN",
        "valueFrom": {"secretKeyRef": {"name": "existing-secret", "key": "HOPRD_API_TOKEN"}},
    } in (environment["env"])
