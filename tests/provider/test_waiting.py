"""Waiting for Deployments: progress while it lasts, the reason when it takes too long, an end when the engine asks."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psutil
import pytest
from google.protobuf.empty_pb2 import Empty

from devnet.home import Home
from testkit.provider.engine_double import Failure, ProviderProcess, in_background, running_provider
from testkit.provider.objects import DEPLOYMENT, NOWHERE, deployment
from testkit.provider.somebody_else import SomebodyElse, wait_until


def test_a_deployment_is_done_when_its_pods_are_available_and_progress_is_shown(
    provider: ProviderProcess, namespace: str
) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node"))

    outputs = resource.create()

    assert outputs["status"]["availableReplicas"] == 1
    assert "Waiting for app ReplicaSet to be available (0/1 Pods available)" in provider.log.lines
    assert provider.log.lines[-1] == "", "the status line is cleared at the end"


def test_a_deployment_that_takes_too_long_fails_with_what_its_pods_say_and_stays_in_the_state(
    provider: ProviderProcess, namespace: str, somebody_else: SomebodyElse
) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node", **NOWHERE))
    creation, raised = in_background(lambda: resource.create(timeout_s=4))
    pod = wait_until(lambda: somebody_else.first("pods"))["metadata"]["name"]
    message = "Back-off pulling image hoprd:0.0.0"
    waiting = {"name": "node", "ready": False, "restartCount": 0, "image": "hoprd:0.0.0", "imageID": ""}
    waiting["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
    somebody_else.merge(f"pod/{pod}", {"status": {"containerStatuses": [waiting]}}, "--subresource=status")

    creation.join(15)

    assert isinstance(raised[0], Failure)
    failure = raised[0]
    assert "Deployment" in failure.message
    assert "timed out waiting to be ready (4 s)" in failure.message
    assert any(f"container node [ImagePullBackOff]: {message}" in reason for reason in failure.reasons)
    assert any("[Unschedulable]" in reason and pod in reason for reason in failure.reasons)
    assert failure.resource_id == f"{namespace}/node"
    assert resource.update(deployment(namespace, "node"))["status"]["availableReplicas"] == 1


def test_a_refresh_tells_that_a_deployment_is_not_ready(provider: ProviderProcess, namespace: str) -> None:
    resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node", **NOWHERE))
    with pytest.raises(Failure):
        resource.create(timeout_s=1)

    with pytest.raises(Failure, match="exists but is not ready") as caught:
        resource.refresh()

    assert caught.value.state["metadata"]["name"] == "node"


def test_skip_await_does_not_wait(provider: ProviderProcess, namespace: str) -> None:
    inputs = deployment(namespace, "node", **NOWHERE)
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}

    outputs = provider.resource(DEPLOYMENT, "node", inputs).create(timeout_s=1)

    assert outputs["metadata"]["uid"]


def test_no_replicas_are_ready_at_once(provider: ProviderProcess, namespace: str) -> None:
    inputs = deployment(namespace, "node", **NOWHERE)
    inputs["spec"]["replicas"] = 0

    provider.resource(DEPLOYMENT, "node", inputs).create(timeout_s=5)


def test_cancel_ends_a_wait_and_keeps_the_object(
    devnet_home: Home, namespace: str, administrator: SomebodyElse
) -> None:
    with running_provider(devnet_home) as provider:
        resource = provider.resource(DEPLOYMENT, "node", deployment(namespace, "node", **NOWHERE))
        creation, raised = in_background(resource.create)
        wait_until(lambda: provider.log.lines)

        provider.stub.Cancel(Empty())
        creation.join(5)

    assert not creation.is_alive()
    assert "was cancelled" in str(raised[0])
    assert resource.id == f"{namespace}/node"


def test_a_provider_whose_engine_asks_it_to_end_is_gone_within_two_seconds(devnet_home: Home) -> None:
    with running_provider(devnet_home) as provider:
        began = time.monotonic()
        provider.process.terminate()
        assert provider.process.wait(5) == 0

    assert time.monotonic() - began < 2


def has_exited(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_provider_whose_engine_was_killed_ends_by_itself(devnet_home: Home, tmp_path: Path) -> None:
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
