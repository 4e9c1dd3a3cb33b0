"""Checks the identities of one pool against the chain, from a stack's settings and outputs; sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.models.settings import Settings
from identity.chain.client import ChainClient
from identity.observation import provenance
from identity.observation.desired import DesiredIdentity
from identity.observation.observe import observe
from identity.observation.points import Point, Verdict
from identity.observation.pool_spec import PoolSpec
from identity.provisioning.preflight import require_contracts
from identity.verification import verify as verification


@dataclass(frozen=True)
class VerifiedIdentity:
    """One identity with its points; `node` is None where the stack has not made it yet."""

    name: str
    node: str | None
    safe: str | None
    module: str | None
    trusted: bool
    retired: bool
    points: tuple[Point, ...]

    @property
    def fails(self) -> bool:
        """Whether one point is not as it must be."""
        return any(point.verdict is Verdict.FAILS for point in self.points)

    @property
    def unproven(self) -> int:
        """How many points could not be shown to be right."""
        return sum(point.verdict is Verdict.UNPROVEN for point in self.points)


@dataclass(frozen=True)
class VerifiedPool:
    """The identities of a pool, all as they were at one block."""

    name: str
    block: int
    identities: tuple[VerifiedIdentity, ...]


def check(chain: ChainClient, settings: Settings, pool_name: str, outputs: Mapping[str, Any]) -> VerifiedPool:
    """Looks at the chain once; `outputs` are the stack's.

    Raises ChainError where the endpoint does not answer, PreflightFailed where the network's contracts are not there.
    """
    pool = settings.pools[pool_name]
    names = pool.identity_names(pool_name)
    made = outputs.get("identities") or {}
    recorded = {name: made[name] for name in names if name in made}
    nodes = {name: one["nativeAddress"] for name, one in recorded.items()}
    made_by = {name: one["founder"] for name, one in recorded.items() if "founder" in one}
    desired = PoolSpec.configured(settings, pool_name, nodes).desired(
        nodes, deployers=made_by, previous_wallet=settings.wallet.previous_address
    )
    require_contracts(chain, desired)
    observed = observe(chain, desired)
    by_name = {identity.name: identity for identity in desired.identities}

    def checked(name: str) -> VerifiedIdentity:
        retired = name in pool.retired
        if name not in by_name:
            expected = "nothing to leave" if retired else "made by `pulumi up`"
            point = Point.checked("stack.made", expected, "not in the stack's outputs", retired)
            return VerifiedIdentity(name, None, None, None, trusted=False, retired=retired, points=(point,))
        identity = by_name[name]
        addresses = verification.recorded(identity, recorded[name]["safeAddress"], recorded[name]["moduleAddress"])
        if retired:
            points = verification.left(desired, identity, observed, settings.chain)
        else:
            past = provenance.points(chain, desired, identity, observed) if identity.trusted else []
            points = verification.usable(desired, identity, observed, past)
        return _checked(identity, retired, (addresses, *points))

    return VerifiedPool(pool_name, observed.block.number, tuple(checked(name) for name in names))


def _checked(identity: DesiredIdentity, retired: bool, points: tuple[Point, ...]) -> VerifiedIdentity:
    return VerifiedIdentity(
        identity.name, identity.node, identity.safe, identity.module, identity.trusted, retired, points
    )
