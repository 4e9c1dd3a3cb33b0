"""Whose an object is, and what the user reads about objects that are not this stack's."""

from typing import Any

import pytest

from components.cluster.collections import definition_path
from components.cluster.definitions import DefinitionUnusable, of_others
from components.cluster.owners import Found, foreign_objects, is_ours, of_another_state, owner
from components.manifests import labels
from components.manifests.crds import all_crds
from config.cluster_names import STACK_ANNOTATION
from identity.cluster.api import ClusterApi
from testkit.components.fake_cluster import fake_cluster

OURS = ("hoprd/rotsee", "hoprd/former")


def metadata(name: str = "a-1", manager: str = "kubectl", **more: Any) -> dict[str, Any]:
    return {"name": name, "managedFields": [{"manager": manager}], **more}


def marked(stack: str) -> dict[str, Any]:
    return metadata(annotations={STACK_ANNOTATION: stack})


EARLIER = metadata(manager="pulumi-kubernetes-1a2b3c4d", labels={labels.POOL: "core"})
HELM = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "apps"}
BY_A_REPLICA_SET = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1"}


@pytest.mark.parametrize(
    ("of", "ours"),
    [
        (marked("hoprd/rotsee"), True),
        (marked("hoprd/former"), True),
        (marked("hoprd/other"), False),
        (EARLIER, True),
        (metadata(labels={labels.POOL: "core"}), False),
        (metadata(manager="pulumi-kubernetes-1a2b3c4d"), False),
        (metadata(), False),
    ],
)
def test_an_object_is_ours_by_its_marker_or_as_earlier_releases_made_it(of: dict[str, Any], ours: bool) -> None:
    assert is_ours(of, OURS) is ours


@pytest.mark.parametrize(
    ("of", "named"),
    [
        (marked("hoprd/other"), "stack hoprd/other"),
        (metadata(annotations=HELM), "Helm release apps/web"),
        (metadata(ownerReferences=[BY_A_REPLICA_SET]), "ReplicaSet web-1"),
        (metadata(labels={"app.kubernetes.io/managed-by": "argocd"}), "argocd"),
        (metadata(), "field manager kubectl"),
        ({"name": "a-1"}, "field manager unknown"),
    ],
)
def test_the_owner_is_named_as_precisely_as_the_object_tells(of: dict[str, Any], named: str) -> None:
    assert owner(of) == named


def test_all_objects_of_an_owner_are_one_problem() -> None:
    found = [Found("Service", marked("hoprd/other")) for _ in range(5)]
    found += [Found("Secret", metadata()), Found("Deployment", marked("hoprd/rotsee"))]
    of_stack, of_kubectl = foreign_objects(found, OURS, "place")
    assert "already has Service a-1, Service a-1, Service a-1 and 2 more objects of stack hoprd/other:" in of_stack
    assert "already has Secret a-1 of field manager kubectl: choose another namespace" in of_kubectl
    assert "project" not in of_stack + of_kubectl


def test_a_renamed_project_is_one_sentence_with_the_way_back() -> None:
    (problem,) = foreign_objects([Found("Service", marked("fleet/rotsee"))], OURS, "place")
    assert problem.endswith("; if this is that stack under a new project name, restore the name fleet in Pulumi.yaml")


def test_another_state_is_a_warning_and_retained_volumes_are_none() -> None:
    volume = Found("PersistentVolumeClaim", marked("hoprd/rotsee"))
    assert of_another_state([volume, Found("Service", marked("hoprd/other"))], OURS, "place") is None
    warning = of_another_state([volume, Found("Service", marked("hoprd/rotsee"))], OURS, "place")
    assert warning is not None
    assert "place has Service a-1 of another state of this stack, and `pulumi up` takes them over" in warning


def of_definitions(manager: str, **changed: Any) -> ClusterApi:
    objects = {
        definition_path(one["metadata"]["name"]): {
            "metadata": metadata(one["metadata"]["name"], manager),
            "spec": {**one["spec"], **changed},
        }
        for one in all_crds()
    }
    return fake_cluster(objects=objects)(None)


def test_definitions_of_any_stack_are_shared_and_those_of_others_are_left() -> None:
    assert of_others(fake_cluster()(None), all_crds()) == {}
    for manager in ("hoprd-definitions", "pulumi-kubernetes-1a2b3c4d"):
        assert of_others(of_definitions(manager), all_crds()) == {}
    left = of_others(of_definitions("helm"), all_crds())
    assert left == {one["metadata"]["name"]: "field manager helm" for one in all_crds()}


def test_a_definition_that_would_drop_fields_is_refused() -> None:
    lacking = {"name": "v1alpha2", "served": True, "schema": {"openAPIV3Schema": {"properties": {"spec": {}}}}}
    with pytest.raises(DefinitionUnusable, match=r"belongs to field manager helm and lacks spec\.network"):
        of_others(of_definitions("helm", versions=[lacking]), all_crds())
    anything = {**lacking, "schema": {"openAPIV3Schema": {"x-kubernetes-preserve-unknown-fields": True}}}
    assert len(of_others(of_definitions("helm", versions=[anything]), all_crds())) == 4
    with pytest.raises(DefinitionUnusable, match="lacks version v1alpha2"):
        of_others(of_definitions("helm", versions=[{**lacking, "served": False}]), all_crds())
