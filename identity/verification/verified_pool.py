"""Verifies the identities of one pool on chain against a stack's settings and outputs; sends no transaction."""

import logging
from dataclasses import dataclass

from config.models.settings import Settings
from config.stack_state import StackOutputs
from identity.chain.client import ChainClient
from identity.observation import provenance
from identity.observation.desired import DesiredIdentity
from identity.observation.observe import observe
from identity.observation.points import Point, Verdict
from identity.observation.pool_spec import PoolSpec
from identity.provisioning.preflight import require_contracts
from identity.verification import verify

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VerifiedIdentity:
    """One identity with its points; `node` is None until the stack has created it."""

    name: str
    node: str | None
    safe: str | None
    module: str | None
    trusted: bool
    retired: bool
    points: tuple[Point, ...]

    @property
    def fails(self) -> bool:
        """Whether at least one point fails."""
        return any(point.verdict is Verdict.FAILS for point in self.points)

    @property
    def unproven(self) -> int:
        """The number of points without proof."""
        return sum(point.verdict is Verdict.UNPROVEN for point in self.points)


@dataclass(frozen=True)
class VerifiedPool:
    """The identities of a pool, all at the same block."""

    name: str
    block: int
    identities: tuple[VerifiedIdentity, ...]


def verify_pool(chain: ChainClient, settings: Settings, pool_name: str, outputs: StackOutputs) -> VerifiedPool:
    """Observe the pool once and return its points; `outputs` are those of the stack.

    Raises ChainError if the endpoint does not answer, and PreflightFailed if the network's contracts are missing.
    """
    pool = settings.pools[pool_name]
    names = pool.identity_names(pool_name)
    recorded = {name: outputs.identities[name] for name in names if name in outputs.identities}
    nodes = {name: one.native_address for name, one in recorded.items()}
    deployers = {name: one.deployer for name, one in recorded.items() if one.deployer}
    desired = PoolSpec.configured(settings, pool_name, nodes).desired(
        nodes, deployers=deployers, previous_wallet=settings.wallet.previous_address
    )
    _log.debug("verifying %d identities of pool %s", len(desired.identities), pool_name)
    require_contracts(chain, desired)
    observed = observe(chain, desired)
    by_name = {identity.name: identity for identity in desired.identities}

    def verify_identity(name: str) -> VerifiedIdentity:
        retired = name in pool.retired
        if name not in by_name:
            expected = "nothing to decommission" if retired else "created by `pulumi up`"
            point = Point.checked("stack.made", expected, "not in the stack's outputs", retired)
            return VerifiedIdentity(name, None, None, None, trusted=False, retired=retired, points=(point,))
        identity = by_name[name]
        addresses = verify.recorded(identity, recorded[name].safe_address, recorded[name].module_address)
        if retired:
            points = verify.decommissioned(desired, identity, observed, settings.chain)
        else:
            provenance_points = provenance.points(chain, desired, identity, observed) if identity.trusted else []
            points = verify.usable(desired, identity, observed, provenance_points)
        return _verified(identity, retired, (addresses, *points))

    return VerifiedPool(pool_name, observed.block.number, tuple(verify_identity(name) for name in names))


def _verified(identity: DesiredIdentity, retired: bool, points: tuple[Point, ...]) -> VerifiedIdentity:
    return VerifiedIdentity(
        identity.name, identity.node, identity.safe, identity.module, identity.trusted, retired, points
    )
