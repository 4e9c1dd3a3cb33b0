"""The choice of the cluster, and a cluster that is busy or unreachable."""

from __future__ import annotations

from pathlib import Path

import pytest

from devnet.home import Home
from testkit.provider.busy_server import Failures, busy_server
from testkit.provider.engine_double import Failure, running_provider
from testkit.provider.objects import CONFIG_MAP, config_map
from testkit.provider.other_client import OtherClient


def create_behind(
    home: Home, namespace: str, folder: Path, other_client: OtherClient, statuses: list[int]
) -> dict[str, object]:
    """Create an object while the server answers with these statuses first; return the live object."""
    failures = Failures(ahead=list(statuses))
    with (
        busy_server(home.kubeconfig, folder, failures) as kubeconfig,
        running_provider(home, kubeconfig=str(kubeconfig), upsertExistingObjects="true") as provider,
    ):
        provider.resource(CONFIG_MAP, "c", config_map(namespace, "c", a="1")).create()
    assert failures.sent == statuses
    live = other_client.get("configmap/c")
    assert live is not None
    return live


def test_requests_are_repeated_when_the_server_is_busy(
    devnet_home: Home, namespace: str, tmp_path: Path, other_client: OtherClient
) -> None:
    assert create_behind(devnet_home, namespace, tmp_path, other_client, [429, 503, 429])["data"] == {"a": "1"}


@pytest.mark.usefixtures("stand_in")
def test_requests_are_repeated_when_the_connection_drops(
    devnet_home: Home, namespace: str, tmp_path: Path, other_client: OtherClient
) -> None:
    assert create_behind(devnet_home, namespace, tmp_path, other_client, [429, 0, 429])["data"] == {"a": "1"}


def test_the_kubeconfig_may_be_text_and_the_settings_choose_the_namespace(
    devnet_home: Home, namespace: str, other_client: OtherClient
) -> None:
    text = devnet_home.kubeconfig.read_text()
    with running_provider(devnet_home, kubeconfig=text, namespace=namespace) as provider:
        unplaced = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
        provider.resource(CONFIG_MAP, "c", unplaced).create()

    assert other_client.get("configmap/c") is not None


def test_without_a_cluster_a_preview_works_and_a_creation_reports_the_reason(devnet_home: Home, tmp_path: Path) -> None:
    missing = tmp_path / "no-such-file"
    with running_provider(devnet_home, kubeconfig=str(missing)) as provider:
        resource = provider.resource(CONFIG_MAP, "c", config_map("any", "c", a="1"))

        assert resource.create(preview=True)["data"] == {"a": "1"}
        with pytest.raises(Failure, match="cluster is unreachable"):
            resource.create()


def test_an_unknown_context_is_named(devnet_home: Home) -> None:
    with running_provider(devnet_home, context="elsewhere") as provider, pytest.raises(Failure, match="elsewhere"):
        provider.resource(CONFIG_MAP, "c", config_map("any", "c")).create()
