"""What the recorded state must fulfil before anything is registered. Pure."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.settings import Settings
from identity.consent import Consent
from identity.errors import CannotProceed
from summary.planned import Planned
from summary.recorded import Recorded


def require_possible(settings: Settings, recorded: Recorded, planned: Planned, consent: Consent) -> None:
    """Raise CannotProceed with every reason why this run cannot work.

    The allocation and the pools on chain check the same, but `--target` can leave them out.
    """
    problems = [*_retired_in_use(settings, recorded)]
    if consent.is_targeted:
        problems += _unknown_to_the_state(recorded, planned)
    if problems:
        raise CannotProceed(problems)


def _retired_in_use(settings: Settings, recorded: Recorded) -> Iterator[Problem]:
    for pool_name, pool in settings.pools.items():
        for node, assignment in sorted(recorded.assignments.items()):
            if assignment["identity"] in pool.retired:
                yield Problem(
                    f"pools.{pool_name}.identities.{assignment['identity']}.retire",
                    f"identity {assignment['identity']} cannot be retired while node {node} uses it; scale down or "
                    f"remove {node} and run `pulumi up` first, or retire another identity",
                )


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
