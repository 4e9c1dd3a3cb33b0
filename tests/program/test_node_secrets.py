"""Secrets in a node's configuration: in the node's Secret, and nowhere in clear in inputs, previews and objects."""

import json
from base64 import b64decode
from typing import Any

import pytest

from config.models.clusters import Cluster, DeploymentSettings
from config.models.settings import Settings
from testkit.components import recording_engine as engine
from testkit.components.recording_engine import pulumi_secret
from testkit.manifests import samples

PLANTED = "planted9f3kc02jfa8d7x"
CONFIG = f"hopr:\n  chain:\n    provider: https://rpc.example.org/v3/{PLANTED}\n    announce: true\n"
ORDINARY = f"hopr:\n  note: {PLANTED}\n"
NODE = f"{samples.CLUSTER_NAME}-1"


def stack(config: str, *sections: str, env: list[dict[str, Any]] | None = None) -> Settings:
    cluster = samples.CLUSTER.model_copy(
        update={"config": config, "replicas": 1, "deployment": DeploymentSettings(env=env)}
    )
    assert isinstance(cluster, Cluster)
    return samples.settings(
        pools={samples.POOL_NAME: samples.POOL.model_copy(update={"size": 1})},
        clusters={samples.CLUSTER_NAME: cluster},
        secret_sections=frozenset(sections),
    )


def in_clear(run: engine.Engine) -> set[str]:
    """The types of resources that contain the planted text outside of a secret value."""

    def without_secrets(value: Any) -> Any:
        if isinstance(value, dict):
            if pulumi_secret("").keys() <= value.keys():
                return None
            return {key: without_secrets(part) for key, part in value.items()}
        return [without_secrets(part) for part in value] if isinstance(value, list) else value

    return {one.type for one in run.registered if PLANTED in json.dumps(without_secrets(one.inputs))}


def secret_of(run: engine.Engine) -> dict[str, str]:
    data = run.one("core/v1:Secret", f"{NODE}-config").inputs["data"]
    return {key: b64decode(text).decode() for key, text in data["value"].items()}


def container(run: engine.Engine, kind: str) -> dict[str, Any]:
    template = run.one("apps/v1:Deployment", f"{NODE}-deployment").inputs["spec"]["template"]
    return {entry["name"]: entry for entry in template["spec"][kind][0]["env"]}


@pytest.mark.parametrize(
    ("config", "sections"), [(CONFIG, ()), (CONFIG, ("clusters",)), (ORDINARY, ("clusters",)), ("{}", ("clusters",))]
)
@pytest.mark.parametrize("preview", [False, True])
def test_a_secret_configuration_is_only_in_the_nodes_secret(
    config: str, sections: tuple[str, ...], preview: bool
) -> None:
    run = engine.run(stack(config, *sections), engine.Cluster(created=not preview), preview=preview)
    assert in_clear(run) == set()
    assert secret_of(run) == {"config.yaml": config}
    assert container(run, "initContainers")["HOPRD_CONFIGURATION"] == {
        "name": "HOPRD_CONFIGURATION",
        "valueFrom": {"secretKeyRef": {"name": f"{NODE}-config", "key": "config.yaml"}},
    }
    secret = run.one("core/v1:Secret", f"{NODE}-config")
    assert secret.urn in run.one("apps/v1:Deployment", f"{NODE}-deployment").dependencies


def test_secret_variables_are_in_the_nodes_secret_and_others_stay() -> None:
    env = [{"name": "RUST_LOG", "value": "debug"}, {"name": "MY_TOKEN", "value": f"{PLANTED}$(A)$$"}]
    run = engine.run(stack("hopr: {}", env=env))
    assert in_clear(run) == set()
    assert secret_of(run) == {"env-1": f"{PLANTED}$(A)$$"}
    variables = container(run, "containers")
    assert variables["RUST_LOG"] == {"name": "RUST_LOG", "value": "debug"}
    assert variables["MY_TOKEN"]["valueFrom"] == {"secretKeyRef": {"name": f"{NODE}-config", "key": "env-1"}}
    marked = engine.run(stack("hopr: {}", "clusters", env=[{"name": "PLAIN", "value": PLANTED}]))
    assert in_clear(marked) == set()


def test_a_changed_secret_restarts_its_nodes_and_only_them() -> None:
    def annotations(run: engine.Engine) -> dict[str, str]:
        template = run.one("apps/v1:Deployment", f"{NODE}-deployment").inputs["spec"]["template"]
        found: dict[str, str] = template["metadata"].get("annotations", {})
        return found

    first, again = engine.run(stack(CONFIG)), engine.run(stack(CONFIG))
    assert annotations(first) == annotations(again)
    assert annotations(first) != annotations(engine.run(stack(CONFIG.replace(PLANTED, f"{PLANTED}0"))))
    assert annotations(engine.run(stack("hopr: {}"))) == {}


def test_a_configuration_without_secrets_stays_where_it_was() -> None:
    run = engine.run(stack(samples.CONFIG))
    assert not [name for name in run.of_type("core/v1:Secret") if name.endswith("-config")]
    assert container(run, "initContainers")["HOPRD_CONFIGURATION"]["value"] == samples.CONFIG.replace("$", "$$")
