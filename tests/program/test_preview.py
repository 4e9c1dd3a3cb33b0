"""A preview shows known values, and has unknown ones where they depend on new objects."""

from collections.abc import Callable

from pulumi.runtime.rpc import UNKNOWN

from components.manifests import names
from config.models.settings import Settings
from testkit.components.recording_engine import Cluster, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
NODE = f"{samples.CLUSTER_NAME}-1"


def test_only_fields_that_the_api_server_adds_are_unknown_before_the_first_update(stack: Stack) -> None:
    engine = run(stack(), Cluster(created=False), preview=True)
    deployment = engine.one("apps/v1:Deployment", f"{NODE}-deployment").inputs
    (owner,) = deployment["metadata"]["ownerReferences"]
    assert (owner["name"], owner["uid"]) == (NODE, UNKNOWN)
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    values = {entry["name"]: entry.get("value") for entry in environment}
    assert (values["HOPRD_HOST"], values["HOPRD_SAFE_ADDRESS"]) == ("203.0.113.10:9000", UNKNOWN)
    resource = engine.one(f"v1alpha2:{names.NODE_KIND}", f"{NODE}-resource").inputs
    assert resource["spec"]["identityName"] == f"{samples.POOL_NAME}-1"
    node = engine.one(":FleetStatus", "fleet-status").inputs["nodes"][NODE]
    assert node["identity"] == f"{samples.POOL_NAME}-1"
    assert node["digest"] == UNKNOWN


def test_a_change_with_unknown_values_makes_the_uids_of_owners_unknown(stack: Stack) -> None:
    """A change of a pool on chain makes specs unknown, and their preview has no uids."""
    engine = run(stack(), Cluster(changing=True), preview=True)
    deployment = engine.one("apps/v1:Deployment", f"{NODE}-deployment").inputs
    (owner,) = deployment["metadata"]["ownerReferences"]
    assert (owner["name"], owner["uid"]) == (NODE, UNKNOWN)


def test_a_preview_registers_no_resource_before_one_on_which_it_depends_in_an_update(stack: Stack) -> None:
    """With `--target`, the engine would take the later one from the state, and then refuse it as a duplicate."""
    funded = stack(platform={"images": samples.WITH_OWN_IMAGE})
    identities = samples.POOL.identity_names(samples.POOL_NAME)
    on_chain = Cluster()._on_chain({name: f"native-of-{name}" for name in identities})
    known = {name: {"peerId": f"peer-of-{name}", **state} for name, state in on_chain.items()}
    updated = {one.urn: one.dependencies for one in run(funded).registered}
    previewed = {one.urn: one.dependencies for one in run(funded, preview=True, known=known).registered}
    assert updated.keys() == previewed.keys()
    assert {urn: missing for urn in updated if (missing := updated[urn] - previewed[urn])} == {}
