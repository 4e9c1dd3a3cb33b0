"""Waiting for Deployments: progress, the reason of a timeout, and cancellation by the engine."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from google.protobuf.empty_pb2 import Empty

from devnet.home import Home
from testkit.provider.engine_double import Failure, ProviderProcess, in_background, running_provider
from testkit.provider.objects import DEPLOYMENT, UNSCHEDULABLE, deployment
from testkit.provider.other_client import OtherClient, wait_until


def test_a_deployment_is_ready_when_its_pods_are_available_and_progress_is_shown(
    provider: ProviderProcess, namespace: str
) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node"))

    outputs = resource.create()

    assert outputs["status"]["availableReplicas"] == 1
    assert "Waiting for app ReplicaSet to be available (0/1 Pods available)" in provider.log.lines
    assert provider.log.lines[-1] == "", "the status line is cleared at the end"


def test_a_deployment_that_times_out_fails_and_stays_in_the_state(provider: ProviderProcess, namespace: str) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node", **UNSCHEDULABLE))

    with pytest.raises(Failure) as caught:
        resource.create(timeout_s=4)

    assert "timed out waiting to be ready" in caught.value.message.lower()
    assert caught.value.reasons
    assert caught.value.resource_id == f"{namespace}/node"
    assert resource.update(deployment(namespace, "node"))["status"]["availableReplicas"] == 1


@pytest.mark.usefixtures("stand_in")
def test_a_timeout_names_the_problems_of_the_pods(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node", **UNSCHEDULABLE))
    creation, raised = in_background(lambda: resource.create(timeout_s=4))
    pod = wait_until(lambda: other_client.first("pods"))["metadata"]["name"]
    message = "Back-off pulling image hoprd:0.0.0"
    waiting = {"name": "node", "ready": False, "restartCount": 0, "image": "hoprd:0.0.0", "imageID": ""}
    waiting["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
    other_client.merge(f"pod/{pod}", {"status": {"containerStatuses": [waiting]}}, "--subresource=status")

    creation.join(15)

    assert isinstance(raised[0], Failure)
    failure = raised[0]
    assert any(f"container node [ImagePullBackOff]: {message}" in reason for reason in failure.reasons)
    assert any("[Unschedulable]" in reason and pod in reason for reason in failure.reasons)


def test_a_refresh_reports_that_a_deployment_is_not_ready(provider: ProviderProcess, namespace: str) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node", **UNSCHEDULABLE))
    with pytest.raises(Failure):
        resource.create(timeout_s=1)

    with pytest.raises(Failure, match=r"exists but is not ready|failed to initialize") as caught:
        resource.refresh()

    assert caught.value.state["metadata"]["name"] == "node"


def test_skip_await_disables_waiting(provider: ProviderProcess, namespace: str) -> None:
    inputs = deployment(namespace, "node", **UNSCHEDULABLE)
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}

    outputs = provider.resource(DEPLOYMENT, "node", inputs).create(timeout_s=1)

    assert outputs["metadata"]["uid"]


def test_a_deployment_without_replicas_is_ready_at_once(provider: ProviderProcess, namespace: str) -> None:
    inputs = deployment(namespace, "node", **UNSCHEDULABLE)
    inputs["spec"]["replicas"] = 0

    provider.resource(DEPLOYMENT, "node", inputs).create(timeout_s=5)


def test_cancel_ends_a_wait_and_keeps_the_object(devnet_home: Home, namespace: str, administrator: OtherClient) -> None:
    with running_provider(devnet_home) as provider:
        resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node", **UNSCHEDULABLE))
        creation, raised = in_background(resource.create)
        wait_until(lambda: provider.log.lines)

        provider.stub.Cancel(Empty())
        creation.join(5)

    assert not creation.is_alive()
    assert "was cancelled" in str(raised[0])
    assert resource.id == f"{namespace}/node"


def test_a_terminated_provider_exits_within_two_seconds(devnet_home: Home) -> None:
    with running_provider(devnet_home) as provider:
        started = time.monotonic()
        provider.process.terminate()
        assert provider.process.wait(5) in {0, -signal.SIGTERM}

    assert time.monotonic() - started < 2


def has_exited(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.usefixtures("stand_in")
def test_a_provider_exits_when_its_engine_was_killed(devnet_home: Home, tmp_path: Path) -> None:
    executable = next((devnet_home.pulumi / "plugins").glob("resource-kubernetes-*/pulumi-resource-kubernetes"))
    script = f"{executable} & echo $! > {tmp_path}/pid; wait"
    engine = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    engine.stdout.readline()
    provider = psutil.Process(int((tmp_path / "pid").read_text()))

    engine.kill()
    engine.wait()

    wait_until(lambda: has_exited(provider), 10)
    engine.stdout.close()
