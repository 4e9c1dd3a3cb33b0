"""A provider process and a namespace on devnet's cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.provider.engine_double import ProviderProcess, running_provider
from testkit.provider.objects import WIDGET_DEFINITION
from testkit.provider.other_client import OtherClient

_NAMESPACE_LABEL = "provider-test.org/namespace"


@pytest.fixture(scope="session")
def administrator(devnet_home: Home, devnet: DevnetInfo) -> Iterator[OtherClient]:
    """kubectl, after it created the tests' custom resource definition."""
    kubectl = OtherClient(devnet.program("kubectl"), devnet_home.kubeconfig, "default")
    kubectl.apply(WIDGET_DEFINITION)
    kubectl.run("wait", "--for=condition=Established", "crd/widgets.provider-test.org")
    yield kubectl
    kubectl.run("delete", "namespace", "--selector", _NAMESPACE_LABEL, "--wait=false")


@pytest.fixture(scope="session")
def shared_provider(devnet_home: Home, administrator: OtherClient) -> Iterator[ProviderProcess]:
    with running_provider(devnet_home) as running:
        yield running


@pytest.fixture
def provider(shared_provider: ProviderProcess) -> ProviderProcess:
    """A configured provider with an empty log."""
    shared_provider.log.lines.clear()
    return shared_provider


@pytest.fixture
def namespace(request: pytest.FixtureRequest, administrator: OtherClient) -> str:
    """A namespace for one test."""
    name: str = "p-" + request.node.name.removeprefix("test_").replace("_", "-").lower()[:55].strip("-")
    labels = {_NAMESPACE_LABEL: "yes"}
    administrator.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    return name


@pytest.fixture
def other_client(administrator: OtherClient, namespace: str) -> OtherClient:
    """Another client in the test's namespace."""
    return replace(administrator, namespace=namespace)


@pytest.fixture
def stand_in(devnet: DevnetInfo) -> None:
    """Skip a test of what only the stand-in does, and the official provider does not."""
    if devnet.provider_kind != "stand-in":
        pytest.skip(f"devnet uses the provider of kind {devnet.provider_kind}")
