"""Previews: dry runs that reject what the update would reject, and never write."""

from __future__ import annotations

import pytest

from standin.properties import Unknown
from testkit.provider.engine_double import Failure, ProviderProcess
from testkit.provider.objects import CONFIG_MAP, DEPLOYMENT, WIDGET, config_map, deployment, widget
from testkit.provider.other_client import OtherClient


def test_a_replacement_can_be_previewed_while_the_old_object_exists(provider: ProviderProcess, namespace: str) -> None:
    provider.resource(DEPLOYMENT, "node", deployment(namespace, "node")).create()
    other = deployment(namespace, "node")
    other["spec"]["selector"]["matchLabels"] = other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}

    outputs = provider.resource(DEPLOYMENT, "node", other).create(preview=True)

    assert outputs["metadata"]["name"] == "node"
    assert outputs["spec"]["selector"] == {"matchLabels": {"app": "other"}}


def test_a_preview_rejects_an_invalid_object_and_changes_nothing(
    provider: ProviderProcess, namespace: str, other_client: OtherClient
) -> None:
    with pytest.raises(Failure, match="should be less than or equal to 9"):
        provider.resource(WIDGET, "w", widget(namespace, "w", size=12)).create(preview=True)
    outputs = provider.resource(WIDGET, "w", widget(namespace, "w", size=2)).create(preview=True)

    assert outputs["spec"] == {"size": 2}
    assert other_client.get("widget/w") is None


def test_a_preview_with_unknown_values_or_kinds_returns_the_inputs(provider: ProviderProcess, namespace: str) -> None:
    unknown = config_map(namespace, "c")
    unknown["data"] = {"a": Unknown()}
    future = {**widget(namespace, "f"), "apiVersion": "provider-test.org/v9", "kind": "Future"}
    early = config_map("missing-namespace", "c", a="1")

    assert provider.resource(CONFIG_MAP, "c", unknown).create(preview=True)["data"] == {"a": Unknown()}
    assert provider.resource("provider-test.org/v9:Future", "f", future).create(preview=True) == future
    assert provider.resource(CONFIG_MAP, "c", early).create(preview=True)["data"] == {"a": "1"}
