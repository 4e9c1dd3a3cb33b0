"""Nothing is drained while a node runs with the identity."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import pytest

from identity import running_nodes
from identity.cluster.api import ClusterRefused, Object
from identity.errors import NodesRunning
from identity.running_nodes import CLUSTER_IS_GONE, require_stopped

ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
RETIRED = {"core-1": ADDRESS}


def metadata(name: str, address: str) -> Object:
    return {"name": name, "labels": {"hoprds.hoprnet.org/nativeAddress": address}}


def deployment(replicas: int = 1, address: str = ADDRESS, deleted: str | None = None) -> Object:
    spec = {"replicas": replicas, "template": {"metadata": metadata("node-1", address)}}
    return {"metadata": {"name": "node-1", **({"deletionTimestamp": deleted} if deleted else {})}, "spec": spec}


def pod(phase: str = "Running", address: str = ADDRESS) -> Object:
    return {"metadata": metadata("node-1-abc", address), "status": {"phase": phase}}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers of the API server: `deployments`, and `pods` of one request after the other."""
    answers: dict[str, Any] = {"deployments": [], "pods": [[]]}

    class Api(nullcontext[None]):
        def __enter__(self) -> Any:
            return self

        def list(self, path: str, *, metadata_only: bool, selectors: Mapping[str, str]) -> Any:
            assert (metadata_only, selectors) == (False, {"labelSelector": "app.kubernetes.io/name=hoprd"})
            if path == "/apis/apps/v1/namespaces/rotsee/deployments":
                return answers["deployments"]
            assert path == "/api/v1/namespaces/rotsee/pods"
            pods = answers["pods"].pop(0) if len(answers["pods"]) > 1 else answers["pods"][0]
            if isinstance(pods, Exception):
                raise pods
            return pods

    monkeypatch.setattr(running_nodes, "ClusterApi", Api)
    monkeypatch.setattr(running_nodes, "_PAUSE_S", 0)
    return answers


def check(identities: Mapping[str, str] = RETIRED) -> list[str]:
    reported: list[str] = []
    require_stopped(identities, "rotsee", "staging", reported.append)
    return reported


def test_nothing_runs(cluster: dict[str, Any]) -> None:
    other = "0x" + "11" * 20
    cluster |= {
        "deployments": [deployment(replicas=0), deployment(address=other), deployment(deleted="now")],
        "pods": [[pod("Succeeded"), pod("Failed"), pod(address=other)]],
    }
    assert check() == []


def test_a_node_that_is_meant_to_run_is_refused_by_name(cluster: dict[str, Any]) -> None:
    cluster["deployments"] = [deployment(address=ADDRESS.lower())]
    with pytest.raises(NodesRunning, match="core-1: node node-1 still runs with it, so it is not drained: remove"):
        check()


def test_pods_of_a_removed_node_are_awaited(cluster: dict[str, Any]) -> None:
    cluster["pods"] = [[pod()], [pod("Pending")], []]
    assert check() == ["waiting until the nodes node-1-abc have stopped"]


def test_pods_that_never_end_are_refused(cluster: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_nodes, "_PATIENCE_S", 0)
    cluster["pods"] = [[pod()]]
    with pytest.raises(NodesRunning, match="core-1: node node-1-abc still runs"):
        check()


def test_a_cluster_that_does_not_answer_is_refused_unless_it_is_gone(
    cluster: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster["pods"] = [ClusterRefused(403, "the kubeconfig's user lacks a permission: list pods")]
    refused = (
        r"^cluster: it does not show whether nodes still run, so nothing is drained: .* lacks a permission: list pods"
    )
    with pytest.raises(NodesRunning, match=refused):
        check()
    monkeypatch.setenv(CLUSTER_IS_GONE, "true")
    assert check() == []


def test_without_retired_identities_the_cluster_is_not_asked(cluster: dict[str, Any]) -> None:
    cluster["pods"] = [ClusterRefused(500, "")]
    assert check({}) == []
