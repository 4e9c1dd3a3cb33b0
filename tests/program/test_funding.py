"""The objects of the funding job: which nodes it pays, when it comes, and that it has no rights."""

import json
from collections.abc import Callable

import pytest

from components.manifests import names
from config.models.identities import Identity
from config.models.platform import Images
from config.models.settings import Settings
from testkit.components.recording_engine import Engine, run
from testkit.manifests import samples

Stack = Callable[..., Settings]


def test_the_programs_image_gets_the_pool_that_it_tops_up(stack: Stack) -> None:
    engine = run(stack(platform={"images": samples.WITH_OWN_IMAGE}, replicas=0))
    config_map = engine.one("core/v1:ConfigMap", f"{samples.POOL_NAME}-funding-order")
    order = json.loads(config_map.inputs["data"]["order.json"])
    assert order["nodes"].keys() == {f"{samples.POOL_NAME}-{n}" for n in (1, 2, 3)}
    assert "planted" not in config_map.inputs["data"]["order.json"]
    assert config_map.urn in engine.one(":FleetStatus", "fleet-status").dependencies


@pytest.mark.parametrize("images", [samples.PLATFORM.images, samples.WITH_OWN_IMAGE], ids=["hopli", "own image"])
@pytest.mark.parametrize("retired", [0, 1, 3])
def test_the_funding_job_pays_the_nodes_of_the_identities_in_the_cluster(
    stack: Stack, images: Images, retired: int
) -> None:
    identities = {f"{samples.POOL_NAME}-{n}": Identity(retire=True) for n in range(1, retired + 1)}
    engine = run(stack(pool={"identities": identities}, platform={"images": images}, replicas=0))
    listed = engine.one("core/v1:ConfigMap", f"{samples.POOL_NAME}-funding-order").inputs["data"]["addresses.txt"]
    registered = engine.of_type(f"v1alpha2:{names.IDENTITY_KIND}").values()
    assert len(registered) == 3 - retired
    assert listed == ",".join(one.inputs["spec"]["nativeAddress"] for one in registered)


@pytest.mark.parametrize("images", [samples.PLATFORM.images, samples.WITH_OWN_IMAGE], ids=["hopli", "own image"])
def test_the_funding_job_comes_after_its_order_and_that_after_the_identities_are_complete(
    stack: Stack, images: Images
) -> None:
    engine = run(stack(platform={"images": images}, replicas=0))
    order = engine.one("core/v1:ConfigMap", f"{samples.POOL_NAME}-funding-order")
    assert engine.one(":PoolOnChain", f"{samples.POOL_NAME}-on-chain").urn in order.dependencies
    assert order.urn in engine.one("batch/v1:CronJob", f"{samples.POOL_NAME}-funding").dependencies


def test_the_stack_has_no_role_and_no_binding(small_example: Engine) -> None:
    assert [one.urn for one in small_example.registered if "rbac.authorization.k8s.io" in one.type] == []
    assert small_example.of_type("core/v1:ServiceAccount").keys() == {f"{samples.POOL_NAME}-account"}


def test_a_preview_knows_which_nodes_the_funding_job_pays(stack: Stack) -> None:
    data = (
        run(stack(replicas=0), preview=True)
        .one("core/v1:ConfigMap", f"{samples.POOL_NAME}-funding-order")
        .inputs["data"]
    )
    assert data == {"addresses.txt": ",".join(f"native-of-{samples.POOL_NAME}-{n}" for n in (1, 2, 3))}
