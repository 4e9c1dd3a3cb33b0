"""What a stack owns in the cluster, and what it leaves: objects of others, namespaces, retained volumes."""

from collections.abc import Callable

from testkit.e2e.fleet import CLUSTER, CUSTOM_RESOURCES, POOL, Fleet
from testkit.e2e.lost_state import uids

STACK = "hoprds.hoprnet.org/stack"
FOREIGN_PORTS = {"tcp": "9003", "udp": "9005"}


def namespace_uid(fleet: Fleet) -> str:
    return fleet.kubectl(
        "get", "namespace", fleet.stack.namespace, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"
    )


def retain(fleet: Fleet, value: bool = True) -> None:
    fleet.edit(lambda settings: settings["pools"][POOL].update(retainVolumes=value))


def test_what_existed_before_is_used_named_and_left(small_fleet: Callable[..., Fleet]) -> None:
    fleet = small_fleet("guest")
    fleet.stack.prepare()
    fleet.kubectl("create", "namespace", "guest")
    fleet.kubectl("create", "service", "clusterip", f"{CLUSTER}-1", "--tcp=80", "-n", "guest")
    sent, existing = fleet.transactions_of_the_wallet(), namespace_uid(fleet)

    for operation in ("preview", "up"):
        refused = fleet.run(operation)
        assert refused.returncode != 0
        message = f"namespace guest already has Service {CLUSTER}-1 of field manager kubectl-create: choose another"
        assert message in refused.stdout
    assert fleet.transactions_of_the_wallet() == sent
    made = {one["type"] for one in fleet.resources()}
    assert not [kind for kind in made if kind.startswith("kubernetes:") or kind.endswith((":NodeKeys", ":PoolOnChain"))]

    fleet.kubectl("delete", "service", f"{CLUSTER}-1", "-n", "guest")
    fleet.kubectl("create", "secret", "generic", "theirs", "-n", "guest")
    retain(fleet)
    assert "namespace guest exists already: it is used, and a destroy leaves it" in fleet.must("up")
    volumes = uids(fleet, "persistentvolumeclaim")
    assert len(volumes) == 2
    assert not [one for one in fleet.objects("persistentvolumeclaim").values() if "ownerReferences" in one["metadata"]]

    fleet.edit(lambda settings: settings.update(pools={}, clusters={}))
    fleet.must("up")
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert "namespace guest stays: this stack did not create it" in fleet.must("destroy")
    assert namespace_uid(fleet) == existing
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert "theirs" in fleet.objects("secret")
    fleet.kubectl("delete", "namespace", "guest")


def test_a_destroy_keeps_only_retained_volumes_and_removes_an_empty_namespace(
    small_fleet: Callable[..., Fleet],
) -> None:
    fleet = small_fleet("owner")
    fleet.must("up")
    marked = fleet.objects("deployment")[f"{CLUSTER}-1"]
    assert marked["metadata"]["annotations"][STACK] == "hoprd/owner"
    assert STACK not in marked["spec"]["template"]["metadata"].get("annotations", {})
    volumes = uids(fleet, "persistentvolumeclaim")
    assert len(volumes) == 2

    retain(fleet)
    fleet.must("up")
    shown = fleet.must("destroy")
    assert "namespace owner stays: it holds PersistentVolumeClaim hoprd-core-local-1" in shown
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert_nothing_else_is_left(fleet)

    fleet.must("up")  # the definitions and the volumes exist
    assert uids(fleet, "persistentvolumeclaim") == volumes
    retain(fleet, False)
    fleet.must("up")
    assert "namespace owner deleted: it was empty" in fleet.must("destroy")
    assert namespace_uid(fleet) == ""


def assert_nothing_else_is_left(fleet: Fleet) -> None:
    """Of the stack; the definitions and the ports of others stay."""
    for kind in (*CUSTOM_RESOURCES, "deployment", "service", "ingress", "pod"):
        assert fleet.objects(kind) == {}, kind
    maps = fleet.objects("configmap", "ingress-nginx")
    for protocol, foreign in FOREIGN_PORTS.items():
        published = maps[f"ingress-nginx-{protocol}"]["data"]
        assert foreign in published
        assert not any(backend.startswith(f"{fleet.stack.namespace}/") for backend in published.values())
    assert fleet.resources() == []
    definitions = fleet.kubectl("get", "customresourcedefinitions", "-o", "name")
    for plural in ("identitypools", "identityhoprds", "clusterhoprds", "hoprds"):
        assert f"/{plural}.hoprnet.org" in definitions
