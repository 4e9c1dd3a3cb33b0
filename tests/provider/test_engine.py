"""The real Pulumi engine, the real Python SDK and the kubernetes provider together."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.provider.other_client import OtherClient
from testkit.provider.pulumi_project import PulumiProject

UP = ("up", "--yes", "--skip-preview")
PLANTED = "planted-secret-value"

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

def meta(**more):
    return {{"namespace": "{namespace}", **more}}

named = k8s.core.v1.ConfigMap("named", metadata=meta(name="named"), data={{"version": "{version}"}})
generated = k8s.core.v1.ConfigMap("generated", metadata=meta(), data={{"version": "{version}"}})
secret = k8s.core.v1.Secret("s", metadata=meta(name="s"), string_data={{"key": pulumi.Output.secret("{planted}")}})
widget = k8s.apiextensions.CustomResource(
    "w", api_version="provider-test.org/v1", kind="Widget", metadata=meta(name="w"), spec={{"size": 3}}
)
owner = {{"apiVersion": "provider-test.org/v1", "kind": "Widget", "name": "w", "uid": widget.metadata["uid"]}}
child = k8s.core.v1.ServiceAccount("child", metadata=meta(name="child", owner_references=[owner]))
node = k8s.apps.v1.Deployment(
    "node",
    metadata=meta(name="node"),
    spec={{
        "replicas": 1,
        "selector": {{"matchLabels": {{"app": "node"}}}},
        "template": {{
            "metadata": {{"labels": {{"app": "node"}}}},
            "spec": {{
                "nodeSelector": {node_selector},
                "containers": [{{"name": "node", "image": "hoprd:2.1.0", "env": [{{"name": "A", "value": ""}}]}}],
            }},
        }},
    }},
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="3s", update="3s")),
)

class Patch(pulumi.CustomResource):
    def __init__(self, name, props, opts):
        super().__init__("kubernetes:provider-test.org/v1:WidgetPatch", name, props, opts)

phase = node.status.apply(lambda status: "Running" if status and status.available_replicas else "Starting")
status = Patch(
    "w-status",
    {{
        "apiVersion": "provider-test.org/v1",
        "kind": "Widget",
        "metadata": meta(name="w", finalizers=["hoprds.hoprnet.org/finalizer"]),
        "status": {{"phase": phase}},
    }},
    pulumi.ResourceOptions(depends_on=[widget, child, node], version="4.34.2"),
)
pulumi.export("phase", phase)
"""


def _program(namespace: str, version: str = "1", node_selector: str = "{}") -> str:
    return PROGRAM.format(namespace=namespace, version=version, node_selector=node_selector, planted=PLANTED)


@pytest.fixture
def project(tmp_path: Path, devnet_home: Home, devnet: DevnetInfo) -> PulumiProject:
    return PulumiProject.create(tmp_path, devnet_home, devnet)


def test_the_lifecycle_of_a_program_from_a_failed_up_to_destroy(
    project: PulumiProject, namespace: str, other_client: OtherClient
) -> None:
    failure = project.run(*UP, program=_program(namespace, node_selector='{"no": "where"}'), succeeds=False)
    assert "timed out waiting to be ready" in failure.lower()
    assert other_client.get("configmap/named") is not None, "all other objects exist"

    project.run(*UP, program=_program(namespace))
    widget, child = other_client.get("widget/w"), other_client.get("serviceaccount/child")
    assert widget is not None
    assert child is not None
    assert widget["status"] == {"phase": "Running"}
    assert child["metadata"]["ownerReferences"][0]["uid"] == widget["metadata"]["uid"]

    project.run(*UP, "--refresh", "--expect-no-changes")
    for spelled in (PLANTED, base64.b64encode(PLANTED.encode()).decode()):
        assert spelled not in project.state

    other_client.delete("serviceaccount/child")
    shown = project.run(*UP, "--refresh", program=_program(namespace, version="2"))
    assert "ConfigMap named deleted original" in shown
    assert other_client.get("serviceaccount/child") is not None
    named = other_client.get("configmap/named")
    assert named is not None
    assert named["data"] == {"version": "2"}

    project.run("destroy", "--yes", "--skip-preview")
    for deleted in ("widget/w", "deployment/node", "secret/s", "configmap/named", "serviceaccount/child"):
        assert other_client.get(deleted) is None
