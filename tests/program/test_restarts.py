"""The summary names exactly the nodes whose pods get another template."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest

from components.restarts import restarting_nodes
from config.models.clusters import ServiceSettings
from config.models.settings import Settings
from summary.recorded import Recorded
from testkit.components.recording_engine import Engine, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
NODES = {f"{samples.CLUSTER_NAME}-1", f"{samples.CLUSTER_NAME}-2"}


def recorded(engine: Engine) -> Recorded:
    """The state after this run, with numbers as the engine returns them."""
    resources: dict[str, Any] = {}
    for one in engine.registered:
        outputs = dict(one.inputs)
        if one.type == "kubernetes:apps/v1:Deployment":
            outputs["__inputs"] = one.inputs
        if one.type.endswith("hoprd:PoolOnChain"):
            outputs["identities"] = {
                name: {
                    "nativeAddress": f"native-of-{name}",
                    "safeAddress": f"safe-of-{name}",
                    "moduleAddress": f"module-of-{name}",
                }
                for name in one.inputs["nodes"]
            }
        if one.type == "hoprd:index:Hoprd":
            outputs = {**engine.outputs["nodes"][one.name]}
        resources[one.urn] = {"type": one.type, "outputs": json.loads(json.dumps(outputs), parse_int=float)}
    assignments = {
        name: {"pool": samples.POOL_NAME, "identity": node["identity"], "first_port": node["port"], "ports": 3}
        for name, node in engine.outputs["nodes"].items()
    }
    without_keys = {urn: one for urn, one in resources.items() if not one["type"].endswith("hoprd:NodeKeys")}
    return replace(Recorded.read(without_keys), assignments=assignments)


@pytest.mark.parametrize("service", ["ClusterIP", "LoadBalancer"])
def test_an_unchanged_stack_restarts_no_node(stack: Stack, service: Literal["ClusterIP", "LoadBalancer"]) -> None:
    settings = stack(service=ServiceSettings(type=service))
    before = recorded(run(settings))
    assert before.nodes.keys() == NODES
    assert all(node.template for node in before.nodes.values())
    assert restarting_nodes(settings, before) == frozenset()


def test_an_unchanged_stack_on_a_network_of_its_own_restarts_no_node(stack: Stack) -> None:
    """The configuration of its nodes contains the network."""
    custom = samples.ROTSEE.model_copy(update={"name": "own"})
    settings = stack(version="2.2.3").model_copy(update={"network": custom})
    assert restarting_nodes(settings, recorded(run(settings))) == frozenset()


@pytest.mark.parametrize(
    "change",
    [{"version": "2.1.1"}, {"platform": {"images": samples.PLATFORM.images.model_copy(update={"metrics": "other:1"})}}],
    ids=["version", "image of the metrics"],
)
def test_another_template_restarts_the_nodes(stack: Stack, small_example: Engine, change: dict[str, Any]) -> None:
    before = recorded(small_example)
    assert restarting_nodes(stack(**change), before) == NODES


def test_scaling_restarts_no_node(stack: Stack, small_example: Engine) -> None:
    before = recorded(small_example)
    assert restarting_nodes(stack(replicas=3), before) == frozenset()
    assert restarting_nodes(stack(replicas=1), before) == frozenset()


def test_a_state_without_templates_restarts_no_node(stack: Stack) -> None:
    assert restarting_nodes(stack(), Recorded()) == frozenset()
