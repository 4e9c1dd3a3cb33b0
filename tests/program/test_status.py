"""The status of custom resources follows from the answers of the cluster and the chain."""

from collections.abc import Callable
from typing import Any

from components.manifests import names
from config.models.settings import Settings
from testkit.components.recording_engine import Cluster, Engine, run
from testkit.manifests import samples
from testkit.status.objects import READY, UNAVAILABLE

Stack = Callable[..., Settings]
LAST = f"{samples.CLUSTER_NAME}-5"
SECOND = f"{samples.CLUSTER_NAME}-2"


def status(engine: Engine, kind: str, name: str) -> dict[str, Any]:
    result = engine.statuses[kind][name]
    assert isinstance(result, dict)
    return result


def cluster_status(engine: Engine) -> tuple[str, float]:
    seen = status(engine, names.CLUSTER_KIND, samples.CLUSTER_NAME)
    return seen["phase"], seen["currentNodes"]


def test_with_all_pods_ready_everything_is_ready(example: Engine) -> None:
    pool = status(example, names.POOL_KIND, samples.POOL_NAME)
    assert (pool["phase"], pool["size"], pool["locked"]) == ("Ready", 7, 5)
    assert cluster_status(example) == ("Ready", 5)
    node = status(example, names.NODE_KIND, LAST)
    assert node == {"phase": "Running", "identityName": f"{samples.POOL_NAME}-5"}
    used = status(example, names.IDENTITY_KIND, f"{samples.POOL_NAME}-5")
    assert used == {"phase": "InUse", "hoprdNodeName": LAST}
    assert status(example, names.IDENTITY_KIND, f"{samples.POOL_NAME}-6") == {"phase": "Ready"}


def test_a_node_without_a_ready_pod_is_not_running_and_its_cluster_is_not_ready(stack: Stack) -> None:
    engine = run(stack(), Cluster(deployment_status=lambda name: UNAVAILABLE if name == SECOND else READY))
    assert status(engine, names.NODE_KIND, SECOND)["phase"] == "Initializing"
    assert cluster_status(engine) == ("Scaling", 1)
    assert engine.outputs["nodes"][SECOND]["phase"] == "Initializing"


def test_a_disabled_cluster_has_no_pods_and_is_not_scaled(stack: Stack) -> None:
    engine = run(stack(enabled=False), Cluster(deployment_status=lambda name: {"observedGeneration": 1}))
    deployment = engine.one("apps/v1:Deployment", f"{SECOND}-deployment")
    assert deployment.inputs["spec"]["replicas"] == 0
    assert status(engine, names.NODE_KIND, SECOND)["phase"] == "Stopped"
    assert cluster_status(engine) == ("NotScaled", 0)


def test_a_cluster_of_no_nodes_is_ready(stack: Stack) -> None:
    engine = run(stack(replicas=0))
    assert cluster_status(engine) == ("Ready", 0)
    assert status(engine, names.POOL_KIND, samples.POOL_NAME)["locked"] == 0


def test_the_time_of_a_change_changes_only_with_the_spec(stack: Stack) -> None:
    cluster = Cluster()
    before = run(stack(), cluster)
    cluster.stored_inputs["change-stamps"]["stamps"] = {
        name: {**stamp, "timestamp": "2020-01-01T00:00:00Z"}
        for name, stamp in cluster.stored_inputs["change-stamps"]["stamps"].items()
    }
    same, changed = run(stack(), cluster), run(stack(version="2.2.0"), cluster)

    def stamp(engine: Engine, kind: str, name: str) -> tuple[str, str]:
        group = {names.NODE_KIND: "nodes", names.CLUSTER_KIND: "clusters", names.POOL_KIND: "pools"}[kind]
        stamp = engine.one(":FleetStatus", "fleet-status").inputs[group][name]["stamp"]
        return stamp["timestamp"], stamp["checksum"]

    for kind, name in ((names.NODE_KIND, SECOND), (names.CLUSTER_KIND, samples.CLUSTER_NAME)):
        assert stamp(same, kind, name) == ("2020-01-01T00:00:00Z", stamp(before, kind, name)[1])
        assert stamp(changed, kind, name)[0] > "2026"
        assert stamp(changed, kind, name)[1] != stamp(before, kind, name)[1]
    pool = (names.POOL_KIND, samples.POOL_NAME)
    assert stamp(changed, *pool) == stamp(same, *pool)


def test_the_outputs_of_a_node_are_complete(example: Engine) -> None:
    assert example.outputs["nodes"][LAST] == {
        "identity": f"{samples.POOL_NAME}-5",
        "peerId": f"peer-of-{samples.POOL_NAME}-5",
        "nativeAddress": f"native-of-{samples.POOL_NAME}-5",
        "safeAddress": f"safe-of-{samples.POOL_NAME}-5",
        "moduleAddress": f"module-of-{samples.POOL_NAME}-5",
        "host": "203.0.113.10",
        "port": 9012,
        "version": "2.2.3",
        "phase": "Running",
        "xdai": "0.1",
        "wxhopr": "0",
    }
