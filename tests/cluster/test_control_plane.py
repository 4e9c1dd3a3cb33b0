"""The features of the cluster that the program needs: scheduling, volumes, load balancers, jobs, validation."""

import http.client
import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from devnet.ports import HOST

IMAGE = "registry.k8s.io/pause:3.10"


class Kubectl:
    """kubectl in a namespace of its own."""

    def __init__(self, info: DevnetInfo, home: Home, namespace: str) -> None:
        self._command = [str(info.program("kubectl")), f"--kubeconfig={home.kubeconfig}", f"--namespace={namespace}"]

    def run(self, *arguments: str, stdin: object = None) -> subprocess.CompletedProcess[str]:
        text = json.dumps(stdin) if stdin else None
        return subprocess.run([*self._command, *arguments], input=text, capture_output=True, text=True, check=False)

    def apply(self, kind: str, name: str, **content: Any) -> None:
        version, _, kind = kind.rpartition("/")
        manifest = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **content}
        done = self.run("apply", "--server-side", "--filename=-", stdin=manifest)
        assert done.returncode == 0, done.stderr

    def get(self, resource: str, *arguments: str) -> Any:
        done = self.run("get", resource, "--output=json", *arguments)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def wait_until(self, resource: str, holds: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + 20
        while not (holds(found := self.get(resource))):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found


@pytest.fixture(scope="module")
def kubectl(devnet: DevnetInfo, devnet_home: Home) -> Iterator[Kubectl]:
    namespaced = Kubectl(devnet, devnet_home, "devnet-tests")
    namespaced.apply("v1/Namespace", "devnet-tests")
    yield namespaced
    namespaced.run("delete", "namespace", "devnet-tests", "--wait=false")


def deployment(*images: str, **pod: Any) -> dict[str, Any]:
    labels = {"app": "test"}
    containers = [{"name": f"c{index}", "image": image} for index, image in enumerate(images)]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers, **pod}}
    return {"spec": {"selector": {"matchLabels": labels}, "template": template}}


def test_there_are_nodes_in_three_zones(kubectl: Kubectl) -> None:
    nodes = kubectl.get("nodes")["items"]
    assert len({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}) == 3


def test_a_deployment_becomes_available(kubectl: Kubectl) -> None:
    kubectl.apply(
        "apps/v1/Deployment", "good", **deployment(IMAGE, IMAGE, initContainers=[{"name": "i", "image": IMAGE}])
    )
    kubectl.wait_until("deployment/good", lambda found: found["status"].get("availableReplicas") == 1)


@pytest.mark.parametrize("where", ["containers", "initContainers"])
def test_an_image_whose_tag_starts_with_broken_is_never_pulled(where: str, kubectl: Kubectl) -> None:
    name = f"bad-{where.lower()}"
    bad = [{"name": "bad", "image": "example.org/hoprd:broken-2.1.0"}]
    pod = {"containers": [{"name": "good", "image": IMAGE}], **{where: bad}}
    kubectl.apply("v1/Pod", name, spec=pod)
    found = kubectl.wait_until(f"pod/{name}", lambda found: bool(found["status"].get("containerStatuses")))
    time.sleep(1)
    found = kubectl.get(f"pod/{name}")
    statuses = [*found["status"]["containerStatuses"], *found["status"].get("initContainerStatuses", [])]
    assert "ImagePullBackOff" in [status["state"].get("waiting", {}).get("reason") for status in statuses]
    assert not any(status["ready"] for status in statuses)
    kubectl.run("delete", "pod", name)
    assert kubectl.get(f"pod/{name}") is None


def test_a_claim_of_the_default_class_is_bound_and_its_volume_is_deleted_with_it(kubectl: Kubectl) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "4Gi"}}}
    kubectl.apply("v1/PersistentVolumeClaim", "data", spec=spec)
    claim = kubectl.wait_until("pvc/data", lambda found: found["status"]["phase"] == "Bound")
    assert claim["spec"]["storageClassName"] == "standard-rwo"
    assert claim["status"]["capacity"]["storage"] == "4Gi"
    volume = f"pv/{claim['spec']['volumeName']}"
    kubectl.run("delete", "pvc", "data")
    kubectl.wait_until(volume, lambda found: found is None)


def test_a_load_balancer_gets_its_own_address_or_the_requested_one(kubectl: Kubectl) -> None:
    ports = [{"port": 9091, "protocol": "UDP"}]
    kubectl.apply("v1/Service", "any", spec={"type": "LoadBalancer", "ports": ports})
    kubectl.apply("v1/Service", "other", spec={"type": "LoadBalancer", "ports": ports})
    requested = {"type": "LoadBalancer", "loadBalancerIP": "203.0.113.7", "ports": ports}
    kubectl.apply("v1/Service", "requested", spec=requested)
    addresses = [
        kubectl.wait_until(f"service/{name}", lambda found: bool(found["status"]["loadBalancer"]))["status"][
            "loadBalancer"
        ]
        for name in ("any", "other", "requested")
    ]
    assigned = [address["ingress"][0]["ip"] for address in addresses]
    assert assigned[0] != assigned[1]
    assert assigned[0].startswith("198.18.")
    assert assigned[2] == "203.0.113.7"


def test_a_job_completes(kubectl: Kubectl) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": IMAGE}]}
    kubectl.apply("batch/v1/Job", "job", spec={"template": {"spec": pod}})
    kubectl.wait_until("job/job", lambda found: found["status"].get("succeeded") == 1)


@pytest.mark.parametrize(("protocol", "port"), [("tcp", "9003"), ("udp", "9005")])
def test_the_port_maps_contain_an_entry_of_another_team_inside_the_range(
    protocol: str, port: str, kubectl: Kubectl
) -> None:
    found = kubectl.get(f"configmap/ingress-nginx-{protocol}", "--namespace=ingress-nginx")
    assert found["data"][port].startswith("other-team/")


@pytest.mark.parametrize(
    ("kind", "spec", "complaint"),
    [
        ("ServiceMonitor", {"endpoints": []}, "spec.selector: Required value"),
        ("ServiceMonitor", {"selector": {}, "endpoints": [{"interval": "soon"}]}, "spec.endpoints[0].interval"),
        ("PrometheusRule", {"groups": [{"name": "g", "rules": [{"alert": "a"}]}]}, "rules[0].expr: Required value"),
    ],
)
def test_an_invalid_monitoring_object_is_rejected(
    kind: str, spec: dict[str, Any], complaint: str, kubectl: Kubectl
) -> None:
    manifest = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": kind,
        "metadata": {"name": "wrong"},
        "spec": spec,
    }
    done = kubectl.run("create", "--filename=-", stdin=manifest)
    assert done.returncode != 0
    assert complaint in done.stderr


def test_an_anonymous_client_may_not_read_secrets(devnet_home: Home) -> None:
    choices = devnet_home.choices()
    assert choices
    context = ssl.create_default_context(cafile=str(devnet_home.certificates / "authority.crt"))
    connection = http.client.HTTPSConnection(HOST, choices.port_base, context=context, timeout=5)
    connection.request("GET", "/api/v1/secrets")
    assert connection.getresponse().status == http.client.FORBIDDEN
    connection.close()


def test_service_accounts_have_only_the_rights_of_their_roles(kubectl: Kubectl) -> None:
    kubectl.apply("v1/ServiceAccount", "funding")
    answer = kubectl.run("auth", "can-i", "list", "secrets", "--as=system:serviceaccount:devnet-tests:funding")
    assert answer.stdout.strip() == "no"
