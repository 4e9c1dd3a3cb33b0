"""A retired identity: no objects in the cluster, its keys stay, the outputs show its balances."""

from collections.abc import Callable

import pytest

from components.allocation import AllocationError
from components.allocation_inputs import require_allocatable
from components.manifests import names
from config.models.identities import Identity
from config.models.settings import Settings
from testkit.components.recording_engine import Cluster, Engine, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
POOL = samples.POOL_NAME
LAST = f"{POOL}-3"


def retire(stack: Stack, *identities: str) -> Settings:
    return stack(pool={"identities": {name: Identity(retire=True) for name in identities}})


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    return run(retire(stack, LAST))


def test_it_has_no_objects_in_the_cluster(engine: Engine) -> None:
    assert engine.of_type("hoprd:index:IdentityHoprd").keys() == {f"{POOL}-1", f"{POOL}-2"}
    registered = {one.name for one in engine.registered if one.name.startswith(LAST)}
    assert registered == {f"{LAST}-keys"}


def test_its_encrypted_file_stays_in_the_cluster(engine: Engine, small_example: Engine) -> None:
    """If the state is lost without an escrow, only this Secret has the keys that close its payment channels."""
    secrets = [one.one("core/v1:Secret", f"{POOL}-identities") for one in (engine, small_example)]
    assert secrets[0].inputs["data"]["value"].keys() == {f"{POOL}-1", f"{POOL}-2", LAST}
    assert secrets[0].inputs == secrets[1].inputs


def test_its_keys_stay_protected_and_it_stays_in_the_pool_on_chain(engine: Engine) -> None:
    assert engine.one(":NodeKeys", f"{LAST}-keys").protect
    inputs = engine.one(":PoolOnChain", f"{POOL}-on-chain").inputs
    assert LAST in inputs["nodes"]
    assert inputs["retired"] == [LAST]


def test_the_pool_counts_only_identities_that_nodes_may_use(engine: Engine) -> None:
    status = engine.statuses[names.POOL_KIND][POOL]
    assert (status["phase"], status["size"], status["locked"]) == ("Ready", 2, 2)


def test_the_outputs_show_it_as_retired_with_its_balances(engine: Engine) -> None:
    assert engine.identities[LAST] == {
        "pool": POOL,
        "peerId": f"peer-of-{LAST}",
        "nativeAddress": f"native-of-{LAST}",
        "safeAddress": f"safe-of-{LAST}",
        "moduleAddress": f"module-of-{LAST}",
        "founder": f"founder-of-{LAST}",
        "xdai": "0.1",
        "wxhopr": "0",
        "safeXdai": "0",
        "phase": "Retired",
        "node": None,
    }
    assert list(engine.identities) == [f"{POOL}-{number}" for number in (1, 2, 3)]


def test_retiring_an_identity_in_use_is_an_error_before_anything_is_registered_on_chain(stack: Stack) -> None:
    cluster = Cluster()
    run(stack(), cluster)
    cluster.calls.clear()
    with pytest.raises(Exception, match=f"identity {POOL}-2 cannot be retired while node"):
        run(retire(stack, f"{POOL}-2"), cluster)
    deployments = [call for call in cluster.calls if call.typ == "kubernetes:apps/v1:Deployment"]
    assert deployments == []


def test_the_recorded_allocation_refuses_it_before_the_summary_even_with_targets(stack: Stack) -> None:
    assigned = {"pool": POOL, "identity": f"{POOL}-2", "first_port": 9000.0, "ports": 3.0}
    with pytest.raises(
        AllocationError, match=f"identity {POOL}-2 cannot be retired while node {samples.CLUSTER_NAME}-2"
    ):
        require_allocatable(retire(stack, f"{POOL}-2"), {f"{samples.CLUSTER_NAME}-2": assigned})
    require_allocatable(retire(stack, f"{POOL}-3"), {f"{samples.CLUSTER_NAME}-2": assigned})
    require_allocatable(stack(), {})
