"""What the recorded state must fulfil before anything is registered. Pure."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.settings import Settings
from identity.consent import Consent
from identity.errors import CannotProceed, IdentityError
from identity.observation.pool_spec import network_moved
from summary.planned import Planned
from summary.recorded import Recorded


def require_possible(settings: Settings, recorded: Recorded, planned: Planned, consent: Consent) -> None:
    """Raise IdentityError for pools of another network, CannotProceed with every reason why this run cannot work.

    The allocation and the pools on chain check the same, but after the summary, and `--target` can leave them out.
    """
    for sentence in _on_another_network(settings, recorded, planned):
        raise IdentityError(sentence)
    if consent.is_targeted and (problems := [*_unknown_to_the_state(recorded, planned)]):
        raise CannotProceed(problems)


def _on_another_network(settings: Settings, recorded: Recorded, planned: Planned) -> Iterator[str]:
    for pool in sorted(planned.pools & recorded.pools.keys()):
        before = (recorded.pools[pool].get("network") or {}).get("name", settings.network.name)
        if before != settings.network.name:
            yield network_moved(before, settings.network.name)


def _unknown_to_the_state(recorded: Recorded, planned: Planned) -> Iterator[Problem]:
    nodes = sorted(planned.versions.keys() - recorded.assignments.keys())
    identities = sorted(planned.in_service - recorded.identities.keys())
    for what, names in (("node", nodes), ("identity", identities)):
        for name in names[:1]:
            yield Problem(
                "--target",
                f"{what} {name} is not in the state yet, and a run with --target or --exclude cannot add nodes or "
                "identities, which share the allocation and their pool on chain; run `pulumi up` without it first",
            )
