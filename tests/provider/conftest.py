"""A provider process and a namespace on devnet's cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.provider.engine_double import ProviderProcess, running_provider
from testkit.provider.objects import WIDGET_DEFINITION
from testkit.provider.somebody_else import SomebodyElse

_OURS = "provider-test.org/namespace"


@pytest.fixture(scope="session")
def administrator(devnet_home: Home, devnet: DevnetInfo) -> Iterator[SomebodyElse]:
    """kubectl, with the tests' own custom resource definition in place."""
    kubectl = SomebodyElse(devnet.program("kubectl"), devnet_home.kubeconfig, "default")
    kubectl.apply(WIDGET_DEFINITION)
    kubectl.run("wait", "--for=condition=Established", "crd/widgets.provider-test.org")
    yield kubectl
    kubectl.run("delete", "namespace", "--selector", _OURS, "--wait=false")


@pytest.fixture(scope="session")
def shared_provider(devnet_home: Home, administrator: SomebodyElse) -> Iterator[ProviderProcess]:
    with running_provider(devnet_home) as running:
        yield running


@pytest.fixture
def provider(shared_provider: ProviderProcess) -> ProviderProcess:
    """A configured provider with an empty log."""
    shared_provider.log.lines.clear()
    return shared_provider


@pytest.fixture
def namespace(request: pytest.FixtureRequest, administrator: SomebodyElse) -> str:
    """A namespace for one test."""
    name: str = "p-" + request.node.name.removeprefix("test_").replace("_", "-").lower()[:55].strip("-")
    labels = {_OURS: "yes"}
    administrator.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    return name


@pytest.fixture
def somebody_else(administrator: SomebodyElse, namespace: str) -> SomebodyElse:
    """Another client, in the test's namespace."""
    return replace(administrator, namespace=namespace)
