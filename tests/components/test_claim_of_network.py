"""A stack whose network changes: one sentence before anything changes, instead of an API error for each object."""

from typing import Any

from config.cluster_names import STACK_ANNOTATION
from testkit.components.allocations import check, inputs
from testkit.components.fake_cluster import FakeCluster, allocation_provider, fake_cluster, made, namespace

POOLS = "/apis/hoprnet.org/v1alpha2/namespaces/rotsee/identitypools"
MOVED = (
    "network: the pools of this stack are on rotsee, and a pool cannot move to dufour: set network to rotsee again, "
    "and run the nodes of dufour in another stack ('pulumi stack init'); to leave rotsee, decommission its identities "
    "first (docs/operations.md#take-identities-out-of-service)"
)


def _cluster() -> type[FakeCluster]:
    """A cluster with the stack's namespace and a pool on rotsee."""
    marker = {STACK_ANNOTATION: "hoprd/rotsee"}
    pool = made("core", spec={"network": "rotsee"}, metadata={"annotations": marker})
    return fake_cluster(objects={**namespace("rotsee", annotations=marker), f"{POOLS}/core": pool})


def _wanted(network: str, pools: list[str]) -> dict[str, Any]:
    wanted = inputs(["a-1"], place={"network": network})
    return {**wanted, "objects": {**wanted["objects"], "IdentityPool": pools}}


def _problems(olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    return [failure.reason for failure in allocation_provider(_cluster()).check(olds, news).failures]


def test_a_changed_network_is_one_sentence() -> None:
    before = check({}, _wanted("rotsee", ["core"]), _cluster())
    assert _problems(before, _wanted("rotsee", ["core"])) == []
    assert _problems(before, _wanted("dufour", ["core"])) == [MOVED]


def test_a_state_of_an_earlier_release_does_not_know_its_network() -> None:
    before = check({}, inputs(["a-1"]), _cluster())
    assert _problems(before, _wanted("dufour", ["core"])) == [MOVED]
    assert _problems(before, _wanted("rotsee", ["core"])) == []


def test_a_stack_without_its_pools_may_change_the_network() -> None:
    before = check({}, _wanted("rotsee", ["core"]), _cluster())
    assert _problems(before, _wanted("dufour", ["other"])) == []
