"""Runs that cannot work are refused before anything is registered, whatever `--target` leaves out."""

from dataclasses import replace

import pytest

from config.models.identities import Identity
from config.models.settings import Settings
from identity.consent import Consent
from identity.errors import CannotProceed, IdentityError
from summary.planned import Planned
from summary.recorded import Recorded
from summary.requirements import require_possible
from testkit.manifests import samples

POOL, CLUSTER = samples.POOL_NAME, samples.CLUSTER_NAME
TARGETED = Consent(is_targeted=True)


def recorded(nodes: int = 5, identities: int = 7) -> Recorded:
    states = {
        f"{POOL}-{n}": {"nativeAddress": "0x1", "safeAddress": "0x2", "moduleAddress": "0x3"}
        for n in range(1, identities + 1)
    }
    assignments = {f"{CLUSTER}-{n}": {"pool": POOL, "identity": f"{POOL}-{n}"} for n in range(1, nodes + 1)}
    return Recorded(pools={POOL: {"pool": POOL, "identities": states}}, assignments=assignments)


def check(settings: Settings, before: Recorded, consent: Consent) -> None:
    require_possible(settings, before, Planned.of(settings), consent)


def retiring(number: int) -> Settings:
    pool = samples.POOL.model_copy(update={"identities": {f"{POOL}-{number}": Identity(retire=True)}})
    return samples.settings(pools={POOL: pool})


@pytest.mark.parametrize("consent", [Consent(), TARGETED])
def test_a_stack_does_not_move_to_another_network_and_one_sentence_says_so(consent: Consent) -> None:
    before = recorded()
    pools = {POOL: {**before.pools[POOL], "network": {"name": "dufour"}}, "edge": {"network": {"name": "dufour"}}}
    with pytest.raises(IdentityError, match=r"^network: the pools of this stack are on dufour, and a pool cannot move"):
        check(samples.settings(), replace(before, pools=pools), consent)
    check(samples.settings(), replace(before, pools={"edge": pools["edge"]}), Consent())  # that pool is removed


def test_a_free_identity_can_be_retired_with_targets() -> None:
    check(retiring(7), recorded(), TARGETED)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (recorded(nodes=4), f"--target: node {CLUSTER}-5 is not in the state yet"),
        (recorded(identities=6), f"--target: identity {POOL}-7 is not in the state yet"),
        (Recorded(), f"--target: node {CLUSTER}-1 is not in the state yet"),
    ],
)
def test_a_targeted_run_adds_no_nodes_and_no_identities(before: Recorded, text: str) -> None:
    with pytest.raises(CannotProceed, match=text):
        check(samples.settings(), before, TARGETED)
    check(samples.settings(), before, Consent())


def test_a_targeted_run_changes_what_exists() -> None:
    check(samples.settings(), recorded(), TARGETED)
    assert replace(TARGETED, is_targeted=False) == Consent()
