"""How nodes are reachable: entries in the shared port maps, or their own addresses."""

from collections.abc import Callable

import pytest

from components.manifests import names
from config.models.platform import Platform
from config.models.settings import Settings
from testkit.components.recording_engine import Cluster, Engine, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
NODE = f"{samples.CLUSTER_NAME}-1"


def test_the_allocation_publishes_the_entries_of_all_nodes(example: Engine) -> None:
    allocation = example.one(":Allocation", "allocation")
    assert allocation.inputs["place"]["port_maps"] == ["ingress-nginx-tcp", "ingress-nginx-udp"]
    assert len(allocation.inputs["wishes"]) == 5


def test_ports_of_other_tenants_in_the_live_maps_are_avoided(stack: Stack) -> None:
    engine = run(stack(), Cluster(port_map={"9001": "other/web:80"}))
    assert engine.outputs["nodes"][NODE]["port"] == 9002


def test_the_controllers_ports_are_opened_only_where_configured(stack: Stack, small_example: Engine) -> None:
    assert small_example.of_type("v1:DeploymentPatch") == {}
    ingress = samples.PLATFORM.ingress.model_copy(update={"open_ports": True})
    (patch,) = run(stack(platform={"ingress": ingress})).of_type("v1:DeploymentPatch").values()
    (container,) = patch.inputs["spec"]["template"]["spec"]["containers"]
    assert container["name"] == "controller"
    assert len(container["ports"]) == 2 * 1001
    assert patch.inputs["metadata"]["name"] == ingress.deployment
    assert patch.retain_on_delete, "deleting a patch of an object that is gone creates the object"


def test_a_single_node_has_no_cluster_and_its_own_address(stack: Stack) -> None:
    settings = stack(pool={"size": 7}, replicas=1).model_copy(update={"nodes": {"tuned": samples.TUNED_NODE}})
    engine = run(settings)
    resource = engine.one(f"v1alpha2:{names.NODE_KIND}", "tuned-resource")
    assert "ownerReferences" not in resource.inputs["metadata"]
    tcp, udp = (engine.one("v1:Service", f"tuned-p2p-{protocol}") for protocol in ("tcp", "udp"))
    assert tcp.inputs["metadata"]["name"] == "tuned-p2p-tcp"
    assert udp.inputs["spec"]["loadBalancerIP"] == "198.51.100.7"
    node = engine.outputs["nodes"]["tuned"]
    assert (node["host"], node["port"], node["identity"]) == ("198.51.100.7", 9091, f"{samples.POOL_NAME}-7")
    assert engine.one(":Allocation", "allocation").inputs["wishes"]["tuned"]["ports"] == 0


def test_without_shared_ports_the_port_maps_are_not_used() -> None:
    engine = run(samples.settings(clusters={}, nodes={"tuned": samples.TUNED_NODE}))
    assert engine.of_type("hoprd:index:PortMaps") == {}
    assert engine.one(":Allocation", "allocation").inputs["place"]["port_maps"] == []


def test_a_port_range_that_is_too_small_is_an_error() -> None:
    ingress = samples.PLATFORM.ingress
    ports = ingress.ports.model_copy(update={"max": 9009})
    platform: Platform = samples.PLATFORM.model_copy(update={"ingress": ingress.model_copy(update={"ports": ports})})
    with pytest.raises(ValueError, match="raise the maximum by 6"):
        run(samples.settings(platform=platform))
