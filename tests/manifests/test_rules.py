"""Rules of manifests that a golden file cannot show."""

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.manifests import crds, deployment, environment, funding, init_container, names, specs, status
from components.manifests.node import NodePlan
from components.manifests.ports import NodePorts
from components.status.nodes import NodeView
from config.models.clusters import DeploymentSettings
from config.models.platform import Images
from config.models.releases import LINES, REMOVED_VARIABLES, RESERVED_VARIABLES, ReleaseLine
from testkit.manifests import samples

STAMP = {"timestamp": "2026-01-02T03:04:05Z", "checksum": "c"}


def test_the_definition_allows_every_phase() -> None:
    phases = {
        names.POOL_KIND: {
            status.pool_status(desired=desired, usable=usable, locked=locked, stamp=STAMP)["phase"]
            for desired, usable, locked in itertools.product(range(3), repeat=3)
        },
        names.IDENTITY_KIND: {
            status.identity_status(node, lost=lost)["phase"] for node in ("a", None) for lost in (True, False)
        },
        names.CLUSTER_KIND: {
            status.cluster_status(seen, enabled=enabled, stamp=STAMP)["phase"]
            for seen in ([], ["Running"], ["Running", "Initializing"], ["Failed"], ["Stopped"])
            for enabled in (True, False)
        },
        names.NODE_KIND: {
            NodeView(running, settled, "", fails, hopeless).phase(enabled=enabled)
            for enabled, running, settled, fails, hopeless in itertools.product((True, False), repeat=5)
        },
    }
    for kind, seen in phases.items():
        assert seen <= set(crds.PHASES[kind]), kind


def test_a_pool_with_more_locked_than_usable_identities_is_out_of_sync() -> None:
    assert status.pool_status(desired=7, usable=4, locked=5, stamp=STAMP)["phase"] == "OutOfSync"


def test_a_cluster_is_ready_only_if_all_nodes_run() -> None:
    assert status.cluster_status(["Running"] * 5, enabled=True, stamp=STAMP)["phase"] == "Ready"
    partly = status.cluster_status(["Running"] * 4 + ["Initializing"], enabled=True, stamp=STAMP)
    assert (partly["phase"], partly["currentNodes"]) == ("Scaling", 4)
    off = status.cluster_status(["Stopped"] * 5, enabled=False, stamp=STAMP)
    assert (off["phase"], off["currentNodes"]) == ("NotScaled", 0)


def test_every_printer_column_is_a_field_of_the_definition() -> None:
    for definition in crds.all_crds():
        version = definition["spec"]["versions"][0]
        assert "subresources" not in version
        schema = version["schema"]["openAPIV3Schema"]["properties"]
        for column in version["additionalPrinterColumns"][:-1]:
            _, part, field = column["jsonPath"].split(".")
            assert field in schema[part]["properties"]


def test_the_operators_variable_overrides_a_default() -> None:
    settings = DeploymentSettings(env=[{"name": "RUST_LOG", "value": "trace"}])
    node = samples.cluster_node(workload=samples.CLUSTER.model_copy(update={"deployment": settings}))
    entries = environment.of_node(node, "203.0.113.10:9000")
    values = {entry["name"]: entry.get("value") for entry in entries}
    assert len(values) == len(entries)
    assert values["RUST_LOG"] == "trace"


@pytest.mark.parametrize("line", LINES, ids=str)
def test_a_node_gets_exactly_the_variables_of_its_release_line(line: ReleaseLine) -> None:
    changes = {"version": f"{line}.7", "supported_release": line.release}
    node = samples.cluster_node(workload=samples.CLUSTER.model_copy(update=changes))
    names = {entry["name"] for entry in environment.of_node(node, "203.0.113.10:9000")}
    assert names == line.variables


def test_the_reserved_variables_are_exactly_those_that_the_program_sets() -> None:
    set_by_a_line = {name for line in LINES for name in line.variables}
    assert (set_by_a_line | REMOVED_VARIABLES) - environment.DEFAULTS.keys() == RESERVED_VARIABLES


def test_the_spec_of_a_pod_has_no_secret_in_plain_text() -> None:
    text = yaml.safe_dump(deployment.deployment(samples.cluster_node(), "h:1"))
    for secret in ("HOPRD_PASSWORD", "HOPRD_API_TOKEN", "HOPRD_IDENTITY_FILE"):
        entry = text.split(f"name: {secret}\n")[1]
        assert entry.lstrip().startswith("valueFrom:")


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Secret and entry of each reference to a Secret; the entry is empty for a whole Secret."""
    match value:
        case {"secretKeyRef": {"name": secret, "key": key}}:
            yield secret, key
        case {"secretRef": {"name": secret}} | {"secret": {"secretName": secret}}:
            yield secret, ""
        case dict() | list():
            for part in value.values() if isinstance(value, dict) else value:
                yield from _references(part)


@pytest.mark.parametrize("node", [samples.cluster_node(), samples.single_node()], ids=["cluster", "single"])
def test_a_nodes_pod_has_no_reference_to_the_wallets_key(node: NodePlan) -> None:
    found = set(_references(deployment.deployment(node, "h:1")))
    assert {key for secret, key in found if secret == node.secret_name} == {"IDENTITY_PASSWORD", "HOPRD_API_TOKEN"}
    assert {secret for secret, key in found if not key} == {f"{samples.POOL_NAME}-default-env"}


@pytest.mark.parametrize("images", [samples.PLATFORM.images, samples.WITH_OWN_IMAGE], ids=["hopli", "own image"])
def test_the_funding_job_takes_the_key_only_from_its_configured_secret(images: Images) -> None:
    assert samples.POOL.funding
    payer = samples.POOL.funding.model_copy(update={"secret_name": "payer"})
    job = funding.funding_job(samples.pool_plan(), payer, images, "core-wallet")
    rpc = names.funding(samples.POOL_NAME)
    assert set(_references(job)) == {(rpc, "RPC_URL"), ("payer", "DEPLOYER_PRIVATE_KEY")}


def _volumes_with_a_token(value: Any) -> Iterator[str]:
    """The kinds of volumes by which a pod can get a token."""
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _volumes_with_a_token(part)
    if isinstance(value, dict):
        yield from value.keys() & {"serviceAccountToken", "projected", "hostPath"}


@pytest.mark.parametrize("images", [samples.PLATFORM.images, samples.WITH_OWN_IMAGE], ids=["hopli", "own image"])
def test_the_funding_job_has_one_container_and_no_token_of_the_cluster(images: Images) -> None:
    assert samples.POOL.funding
    job = funding.funding_job(samples.pool_plan(), samples.POOL.funding, images, "core-wallet")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert not set(_volumes_with_a_token(pod))
    assert "initContainers" not in pod
    (payer,) = pod["containers"]
    assert "PRIVATE_KEY" not in " ".join(payer["command"])


@pytest.mark.parametrize("images", [samples.PLATFORM.images, samples.WITH_OWN_IMAGE], ids=["hopli", "own image"])
def test_the_funding_job_reads_its_order_where_the_config_map_is_mounted_read_only(images: Images) -> None:
    assert samples.POOL.funding
    plan = samples.pool_plan()
    pod = funding.funding_job(plan, samples.POOL.funding, images, "core-wallet")["spec"]["jobTemplate"]["spec"][
        "template"
    ]["spec"]
    order = funding.order(plan, "0xa", "{}" if images.top_up else None)
    (volume,) = (one for one in pod["volumes"] if "configMap" in one)
    assert volume["configMap"]["name"] == order["metadata"]["name"]
    (payer,) = pod["containers"]
    (mount,) = (one for one in payer["volumeMounts"] if one["name"] == volume["name"])
    assert mount["readOnly"]
    read = set(re.findall(rf"{mount['mountPath']}/([\w.]+)", " ".join(payer["command"])))
    assert read == order["data"].keys()


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
@pytest.mark.parametrize("nodes", [[], ["0xa"], ["0xa", "0xb"]])
def test_hopli_pays_exactly_the_listed_nodes(tmp_path: Path, nodes: list[str]) -> None:
    assert samples.POOL.funding
    job = funding.funding_job(samples.pool_plan(), samples.POOL.funding, samples.PLATFORM.images, "core-wallet")
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    (tmp_path / "addresses.txt").write_text(funding.addresses(nodes))
    (tmp_path / "hopli").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "hopli").chmod(0o755)
    script = container["command"][-1].replace("/data/", f"{tmp_path}/")
    env = {"NETWORK": "rotsee", "NATIVE_AMOUNT": "0.1", "RPC_URL": "http://chain", "PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["/bin/sh", "-c", script], env=env, check=True, capture_output=True, text=True)
    called = done.stdout.splitlines()
    assert called[-2:] == ["--address", ",".join(nodes)] if nodes else "nothing to fund" in done.stdout


@given(first=st.integers(1, 65_000), count=st.integers(1, 200))
def test_port_names_are_unique_and_short_enough(first: int, count: int) -> None:
    ports = NodePorts(first, count)
    declared = ports.of_container()
    assert len({port["name"] for port in declared}) == len(declared) == 2 * count
    assert all(len(port["name"]) <= 15 for port in declared)


def test_a_node_without_session_ports_has_no_range() -> None:
    assert NodePorts(9000, 1).session_range is None
    assert NodePorts(9000, 2).session_range == "9001:9001"


def test_overrides_are_strings_of_yaml_in_the_custom_resource() -> None:
    texts = specs.node_spec(samples.TUNED_NODE, "core-7")["deployment"]
    settings = samples.TUNED_NODE.deployment
    assert yaml.safe_load(texts["env"]) == settings.env
    assert yaml.safe_load(texts["startupProbe"]) == settings.startup_probe
    assert "livenessProbe" not in texts


def test_the_checksum_depends_on_content_and_not_on_order() -> None:
    assert specs.checksum({"a": 1, "b": [1, 2]}) == specs.checksum({"b": [1, 2], "a": 1})
    assert specs.checksum({"a": 1}) != specs.checksum({"a": 2})


AWKWARD = "a 'quoted' \"$HOME\" `id` $(id) \\n\n%s\n\n"


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_the_init_script_writes_its_variables_unchanged(tmp_path: Path) -> None:
    container = init_container.init_container(samples.cluster_node(platform=_without_snapshot()), [])
    script = container["command"][2].replace("/app/hoprd-identity", str(tmp_path))
    env = {"HOPRD_IDENTITY_FILE": AWKWARD, "HOPRD_CONFIGURATION": AWKWARD, "PATH": "/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-c", script], env=env, check=True)
    for name in (".hopr-id", "config.yaml"):
        assert (tmp_path / name).read_text() == AWKWARD
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o640


def _expand(text: str, variables: dict[str, str]) -> str:
    """What Kubernetes makes of a variable's value (k8s.io/kubernetes/third_party/forked/golang/expansion)."""
    pattern = re.compile(r"\$(?:(\$)|\(([^)]*)\))")
    return pattern.sub(lambda found: "$" if found[1] else variables.get(found[2], found[0]), text)


@given(st.text(alphabet="$()ANM x", max_size=12))
def test_a_verbatim_variable_reaches_the_container_unchanged(text: str) -> None:
    value = environment.verbatim("HOPRD_CONFIGURATION", text)["value"]
    assert _expand(value, {"NAME": "expanded", "A": "expanded"}) == text


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs a shell and tar")
@pytest.mark.parametrize("existing", [None, "hopr_logs.db", "hopr_logs.db-wal"])
def test_a_snapshot_is_restored_only_without_a_database(tmp_path: Path, existing: str | None) -> None:
    source, tools, identity, data = (tmp_path / name for name in ("source", "tools", "identity", "data"))
    for directory in (source, tools, identity, data / "db"):
        directory.mkdir(parents=True)
    (source / "hopr_logs.db").write_text("restored")
    subprocess.run(["tar", "-czf", tmp_path / "hopr_logs.tar.gz", "-C", source, "."], check=True)
    if existing:
        (data / "db" / existing).write_text("existing")
    # wget -q -O FILE URL: copy the local archive if the URL is the configured one
    url = "https://snapshots.example.org/rotsee/hopr_logs.tar.gz"
    (tools / "wget").write_text(f'#!/bin/sh\ntest "$4" = "{url}" && cp "{tmp_path}/hopr_logs.tar.gz" "$3"\n')
    (tools / "wget").chmod(0o755)
    container = init_container.init_container(samples.cluster_node(), [])
    env = {entry["name"]: entry.get("value", "file") for entry in container["env"]}
    script = container["command"][2].replace("/app/hoprd-identity", str(identity)).replace("/app/hoprd-db", str(data))
    subprocess.run(["/bin/sh", "-c", script], env={**env, "PATH": f"{tools}:/usr/bin:/bin"}, check=True)
    found = {file.name: file.read_text() for file in (data / "db").iterdir()}
    assert found == ({existing: "existing"} if existing else {"hopr_logs.db": "restored"})


def _without_snapshot() -> object:
    return samples.PLATFORM.model_copy(update={"snapshot_url": None})
