"""Objects that somebody has deleted: a plain preview names them, and the next `up` creates them and nothing else."""

import time
from collections.abc import Callable, Collection

import pytest

from testkit.e2e.fleet import CLUSTER, IDENTITIES, POOL, Fleet

NODE, FREE = f"{CLUSTER}-1", IDENTITIES[1]
KINDS = {
    "identitypool": "IdentityPool",
    "identityhoprd": "IdentityHoprd",
    "clusterhoprd": "ClusterHoprd",
    "hoprd": "Hoprd",
    "deployment": "Deployment",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "secret": "Secret",
    "configmap": "ConfigMap",
    "service": "Service",
    "serviceaccount": "ServiceAccount",
    "ingress": "Ingress",
    "cronjob": "CronJob",
    "servicemonitor": "ServiceMonitor",
}
OF_OTHERS = {"ConfigMap kube-root-ca.crt", "ServiceAccount default"}
PATIENCE_S = 60
MOST_NAMED = 10


@pytest.fixture(scope="module")
def created(lasting_fleet: Callable[..., Fleet]) -> Fleet:
    """One node and a free identity; volumes are deleted with their identities."""
    created = lasting_fleet("deleted")
    created.edit(lambda settings: settings["pools"][POOL].update(retainVolumes=False))
    created.must("up")
    return created


@pytest.fixture
def fleet(created: Fleet) -> Fleet:
    """The fleet as configured, also after a test that failed."""
    if created.run("preview", "--expect-no-changes").returncode != 0:
        created.must("up", "--refresh")
    return created


def uids(fleet: Fleet) -> dict[str, str]:
    return {
        f"{kind} {name}": item["metadata"]["uid"]
        for plural, kind in KINDS.items()
        for name, item in fleet.objects(plural).items()
        if f"{kind} {name}" not in OF_OTHERS
    }


def delete(fleet: Fleet, *objects: str) -> None:
    for one in objects:
        kind, _, name = one.partition(" ")
        in_namespace = ("-n", fleet.stack.namespace)
        if kind in {"IdentityPool", "IdentityHoprd", "ClusterHoprd", "Hoprd"}:
            finalizers = '{"metadata":{"finalizers":null}}'
            fleet.kubectl("delete", kind, name, *in_namespace, "--wait=false")
            fleet.kubectl("patch", kind, name, *in_namespace, "--type=merge", "-p", finalizers)
        else:
            fleet.kubectl("delete", kind, name, *in_namespace)


def created_again(fleet: Fleet, gone: Collection[str], before: dict[str, str]) -> str:
    """Preview and `up` name and create what is gone, and replace nothing else. Return what the preview shows."""
    previewed = fleet.run("preview", "--expect-no-changes")
    shown = previewed.stdout + previewed.stderr
    assert previewed.returncode != 0, shown
    named = [one for one in gone if one in shown.partition("creates them again: ")[2]]
    assert len(named) >= min(len(gone), MOST_NAMED), shown
    fleet.must("up")
    after = uids(fleet)
    assert after.keys() == before.keys()
    assert {one for one, uid in after.items() if uid != before[one]} == set(gone)
    fleet.must("preview", "--expect-no-changes")
    return shown


def test_every_kind_without_children_is_created_again(fleet: Fleet) -> None:
    before = uids(fleet)
    parents = ("IdentityPool", "IdentityHoprd", "ClusterHoprd", "Hoprd", "Deployment", "PersistentVolumeClaim")
    gone = [one for one in before if one.partition(" ")[0] not in parents]
    assert {one.partition(" ")[0] for one in gone} == set(KINDS.values()) - set(parents)
    delete(fleet, *gone)
    created_again(fleet, gone, before)


def test_a_deleted_volume_is_announced_with_its_empty_database(fleet: Fleet) -> None:
    before, gone = uids(fleet), f"PersistentVolumeClaim {FREE}"
    delete(fleet, gone)
    shown = created_again(fleet, [gone], before)
    assert f"The databases of {FREE} start empty" in shown


@pytest.mark.parametrize("custom_resource", [f"IdentityHoprd {FREE}", f"Hoprd {NODE}"])
def test_a_custom_resource_comes_back_with_the_children_that_were_collected(fleet: Fleet, custom_resource: str) -> None:
    before = uids(fleet)
    delete(fleet, custom_resource)
    gone = set(wait_for_the_collector(fleet, before))
    assert custom_resource in gone
    created_again(fleet, gone, before)


def test_an_existing_child_of_a_custom_resource_that_comes_back_is_only_updated(fleet: Fleet) -> None:
    """Without an owner, the volume and the Deployment survive the deletion of their custom resources."""
    before, in_namespace = uids(fleet), ("-n", fleet.stack.namespace)
    gone = [f"IdentityHoprd {IDENTITIES[0]}", f"Hoprd {NODE}"]
    for child in ("deployment", "service", "ingress"):
        without_owner = '{"metadata":{"ownerReferences":null}}'
        fleet.kubectl("patch", child, NODE, *in_namespace, "--type=merge", "-p", without_owner)
    fleet.kubectl("patch", "pvc", IDENTITIES[0], *in_namespace, "--type=merge", "-p", without_owner)
    delete(fleet, *gone)
    created_again(fleet, gone, before)
    for child in ("deployment", "service", "ingress"):
        (owner,) = fleet.objects(child)[NODE]["metadata"]["ownerReferences"]
        assert owner["uid"] == uids(fleet)[f"Hoprd {NODE}"]


def test_the_namespace_comes_back_with_everything_in_it(fleet: Fleet) -> None:
    before = uids(fleet)
    for one in before:
        if one.partition(" ")[0] in {"IdentityPool", "IdentityHoprd", "ClusterHoprd", "Hoprd"}:
            delete(fleet, one)
    fleet.kubectl("delete", "namespace", fleet.stack.namespace)
    created_again(fleet, before, before)


def wait_for_the_collector(fleet: Fleet, before: dict[str, str]) -> set[str]:
    """Wait until the garbage collector has deleted the children, and return what is gone."""
    deadline, gone = time.monotonic() + PATIENCE_S, set[str]()
    while time.monotonic() < deadline:
        now = before.keys() - uids(fleet).keys()
        if now and now == gone:
            return gone
        gone = now
        time.sleep(3)
    raise AssertionError(f"the collector is still busy: {gone}")
