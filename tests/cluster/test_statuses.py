"""Server-side apply of statuses and finalizers on a real API server: ownership, upgrades, and what is never created."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from components.cluster.collections import collection, definition_path
from components.cluster.definitions import MANAGER
from components.manifests import crds, names
from components.status.apply import release, write
from components.status.decide import FIELD_MANAGER, Change
from devnet.home import Home
from devnet.info import DevnetInfo
from identity.cluster.api import ClusterApi

NAMESPACE = "statuses"
KIND = names.IDENTITY_KIND
PULUMI_PATCH = "pulumi-kubernetes-1a2b3c4d"
STATUS = {"phase": "InUse", "hoprdNodeName": "c-1"}


@pytest.fixture(scope="module")
def api(devnet_home: Home, devnet: DevnetInfo) -> Iterator[ClusterApi]:
    """The API server with the definitions and a namespace."""
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, *crds.all_crds()]
    kubectl = [str(devnet.program("kubectl")), f"--kubeconfig={devnet_home.kubeconfig}"]
    applied = [*kubectl, "apply", "--server-side", "--force-conflicts", f"--field-manager={MANAGER}", "-f", "-"]
    subprocess.run(applied, input=yaml.safe_dump_all(objects), text=True, check=True, capture_output=True)
    established = [f"crd/{one['metadata']['name']}" for one in crds.all_crds()]
    subprocess.run([*kubectl, "wait", "--for=condition=Established", *established], check=True, capture_output=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(devnet_home.kubeconfig))
        with ClusterApi(None) as connected:
            assert connected.get(definition_path(names.crd("identityhoprds")))
            yield connected
    subprocess.run([*kubectl, "delete", "namespace", NAMESPACE, "--wait=false"], check=True, capture_output=True)


def path(name: str) -> str:
    return f"{collection(KIND, NAMESPACE)}/{name}"


def applied(name: str, **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE, **fields.pop("metadata", {})}
    return {"apiVersion": names.API_VERSION, "kind": KIND, "metadata": metadata, **fields}


def created(api: ClusterApi, name: str) -> dict[str, Any]:
    """A custom resource as Pulumi creates it, without status and finalizer."""
    fields = ("identityPoolName", "identityFile", "peerId", "nativeAddress", "safeAddress", "moduleAddress")
    return api.apply(path(name), applied(name, spec=dict.fromkeys(fields, "x")), "pulumi")


def change(live: dict[str, Any], status: dict[str, Any] | None = None, superfluous: tuple[str, ...] = ()) -> Change:
    metadata = live["metadata"]
    return Change(KIND, metadata["name"], metadata["uid"], status or STATUS, (names.FINALIZER,), superfluous)


def live(api: ClusterApi, name: str) -> dict[str, Any]:
    found = api.get(path(name))
    assert found is not None
    return found


def test_an_upgrade_keeps_statuses_and_finalizers_when_pulumis_patches_are_deleted(api: ClusterApi) -> None:
    """Deleting a Patch resource applies nothing under the field manager of the patch."""
    before = created(api, "upgraded")
    patch = applied("upgraded", metadata={"finalizers": [names.FINALIZER]}, status={**STATUS, "phase": "Ready"})
    api.apply(path("upgraded"), patch, PULUMI_PATCH)
    write(api, NAMESPACE, [change(before)])
    api.apply(path("upgraded"), applied("upgraded"), PULUMI_PATCH)
    after = live(api, "upgraded")
    assert after["status"] == STATUS
    assert after["metadata"]["finalizers"] == [names.FINALIZER]
    assert after["spec"] == before["spec"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    managers = {entry["manager"] for entry in after["metadata"]["managedFields"]}
    assert managers == {"pulumi", FIELD_MANAGER}
    release(api, NAMESPACE, {KIND: ["upgraded"]})


def test_a_later_change_of_the_spec_keeps_status_and_finalizer(api: ClusterApi) -> None:
    before = created(api, "changed")
    write(api, NAMESPACE, [change(before)])
    api.apply(path("changed"), applied("changed", spec={**before["spec"], "peerId": "y"}), "pulumi")
    after = live(api, "changed")
    assert (after["status"], after["metadata"]["finalizers"]) == (STATUS, [names.FINALIZER])
    release(api, NAMESPACE, {KIND: ["changed"]})


def test_an_object_that_is_gone_is_not_created_again(api: ClusterApi) -> None:
    gone = created(api, "gone")
    api.delete(path("gone"), gone["metadata"]["uid"])
    write(api, NAMESPACE, [change(gone)])
    release(api, NAMESPACE, {KIND: ["gone"]})
    assert api.get(path("gone")) is None


def test_an_object_that_has_replaced_the_one_that_was_seen_is_left_alone(api: ClusterApi) -> None:
    seen = created(api, "replaced")
    api.delete(path("replaced"), seen["metadata"]["uid"])
    created(api, "replaced")
    write(api, NAMESPACE, [change(seen)])
    assert "status" not in live(api, "replaced")


def test_fields_of_another_client_are_removed(api: ClusterApi) -> None:
    before = created(api, "edited")
    write(api, NAMESPACE, [change(before, {"phase": "Ready"})])
    api.merge(path("edited"), {"status": {"hoprdNodeName": "x"}}, "kubectl")
    write(api, NAMESPACE, [change(before, {"phase": "Ready"}, ("hoprdNodeName",))])
    assert live(api, "edited")["status"] == {"phase": "Ready"}
    release(api, NAMESPACE, {KIND: ["edited"]})


def test_release_lets_a_deleted_object_go(api: ClusterApi) -> None:
    before = created(api, "released")
    write(api, NAMESPACE, [change(before)])
    api.delete(path("released"), before["metadata"]["uid"])
    assert live(api, "released")["metadata"]["deletionTimestamp"]
    release(api, NAMESPACE, {KIND: ["released"]})
    assert api.get(path("released")) is None
