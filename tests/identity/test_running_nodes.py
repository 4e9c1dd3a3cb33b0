"""Nothing is drained while a node runs with the identity."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace as Object
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from identity import running_nodes
from identity.errors import NodesRunning
from identity.running_nodes import CLUSTER_IS_GONE, require_stopped

ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
RETIRED = {"core-1": ADDRESS}


def metadata(name: str, address: str, **more: Any) -> Object:
    labels = {"hoprds.hoprnet.org/nativeAddress": address}
    return Object(name=name, labels=labels, deletion_timestamp=None, **more)


def deployment(replicas: int = 1, address: str = ADDRESS, deleted: str | None = None) -> Object:
    spec = Object(replicas=replicas, template=Object(metadata=metadata("node-1", address)))
    return Object(metadata=Object(name="node-1", deletion_timestamp=deleted), spec=spec)


def pod(phase: str = "Running", address: str = ADDRESS) -> Object:
    return Object(metadata=metadata("node-1-abc", address), status=Object(phase=phase))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers of the API server: `deployments`, and `pods` of one request after the other."""
    answers: dict[str, Any] = {"deployments": [], "pods": [[]]}

    @contextmanager
    def connect(_context: str | None) -> Iterator[None]:
        yield None

    def next_pods(*_: Any, **options: Mapping[str, Any]) -> Object:
        pods = answers["pods"].pop(0) if len(answers["pods"]) > 1 else answers["pods"][0]
        if isinstance(pods, Exception):
            raise pods
        return Object(items=pods)

    monkeypatch.setattr(running_nodes, "connect", connect)
    monkeypatch.setattr(running_nodes, "_PAUSE_S", 0)
    apps = Object(list_namespaced_deployment=lambda *_, **__: Object(items=answers["deployments"]))
    monkeypatch.setattr(client, "AppsV1Api", lambda _: apps)
    monkeypatch.setattr(client, "CoreV1Api", lambda _: Object(list_namespaced_pod=next_pods))
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
    cluster["pods"] = [ApiException(status=403, reason="Forbidden")]
    with pytest.raises(NodesRunning, match=r"context 'staging' does not show whether nodes still run \(Forbidden\)"):
        check()
    monkeypatch.setenv(CLUSTER_IS_GONE, "true")
    assert check() == []


def test_without_retired_identities_the_cluster_is_not_asked(cluster: dict[str, Any]) -> None:
    cluster["pods"] = [ApiException(status=500)]
    assert check({}) == []
