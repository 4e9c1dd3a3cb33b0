"""Who owns the Safes of a pool before and after a run. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool


@dataclass(frozen=True)
class OwnerChange:
    """The Safe of one identity gets other owners or another threshold; `before` is empty for a new Safe."""

    name: str
    safe: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    threshold: int

    @property
    def is_new(self) -> bool:
        """Whether the run creates the Safe."""
        return not self.before


def owner_changes(desired: DesiredPool, observed: ObservedPool) -> Iterator[OwnerChange]:
    """Yield each existing Safe whose owners change, and each new Safe that the wallet does not own alone."""
    policy = desired.policy
    for identity in desired.identities:
        safe = observed.identities[identity.name].safe
        before = (frozenset(safe.owners), safe.threshold) if safe else (frozenset({desired.wallet}), 1)
        if before != (frozenset(policy.owners), policy.threshold):
            yield OwnerChange(
                identity.name, identity.safe, safe.owners if safe else (), policy.owners, policy.threshold
            )
