"""The transactions that decommission identities: batches of Safe transactions, and the manager's calls. Pure."""

from dataclasses import dataclass

from config.models.scalars import amount_text
from config.validation.explain import counted
from identity.evm import gas
from identity.evm.calls import Call, Signers, aggregate3_value, safe_execution
from identity.evm.contracts import MULTICALL3, NETWORK_REGISTRY
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.submission.wallet_transaction import WalletTransaction


@dataclass(frozen=True)
class SafeJob:
    """One Safe transaction, which pays `wxhopr_wei` among others.

    With `handed_over`, the previous wallet signs for the Safe.
    """

    identity: DesiredIdentity
    safe_nonce: int
    calls: tuple[Call, ...]
    handed_over: bool
    wxhopr_wei: int = 0

    @property
    def xdai_wei(self) -> int:
        """xDai that the Safe pays."""
        return sum(call.value_wei for call in self.calls)

    @property
    def gas(self) -> int:
        """Gas inside a batch."""
        paying = gas.WXHOPR_DRAIN if self.wxhopr_wei else 0
        return gas.SAFE_EXECUTION + gas.DECOMMISSION_CALL * len(self.calls) + paying


@dataclass(frozen=True)
class _SafeBatch(WalletTransaction):
    """One all-or-nothing Multicall3 call with one Safe transaction for each job; the wallet adds no value."""

    desired: DesiredPool
    jobs: tuple[SafeJob, ...]

    @property
    def gas(self) -> int:
        """Expected gas."""
        return gas.BATCH + sum(job.gas for job in self.jobs)

    def call(self, signers: Signers) -> Call:
        """Return the transaction's target and data."""
        chain_id = self.desired.network.chain_id
        return Call(
            MULTICALL3,
            aggregate3_value(
                [
                    safe_execution(
                        job.identity.safe,
                        chain_id,
                        job.safe_nonce,
                        job.calls,
                        signers.of_previous_wallet() if job.handed_over else signers.wallet,
                    )
                    for job in self.jobs
                ]
            ),
        )


class ReleaseNodes(_SafeBatch):
    """Safes release their nodes: from the Safe registry, the module and, without a manager, the network registry."""

    @property
    def summary(self) -> str:
        """What the transaction does, for reports."""
        return f"release the {'node' if len(self.jobs) == 1 else 'nodes'} of {counted(len(self.jobs), 'Safe')}"

    @property
    def changed_safes(self) -> frozenset[str]:
        """Names of the identities whose Safes release their nodes."""
        return frozenset(job.identity.name for job in self.jobs)


class DrainSafes(_SafeBatch):
    """Safes pay everything they hold to the wallet.

    Each amount is paid once, because the Safe's nonce was read at the same block.
    """

    @property
    def summary(self) -> str:
        """What the transaction does, for reports."""
        wxhopr, xdai = sum(job.wxhopr_wei for job in self.jobs), sum(job.xdai_wei for job in self.jobs)
        amounts = [f"{amount_text(wei)} {unit}" for wei, unit in ((wxhopr, "wxHOPR"), (xdai, "xDai")) if wei]
        return f"move {' and '.join(amounts)} from {counted(len(self.jobs), 'Safe')} to the wallet"


@dataclass(frozen=True)
class Deregister(WalletTransaction):
    """Removes nodes from the network registry, as its manager."""

    desired: DesiredPool
    identities: tuple[DesiredIdentity, ...]

    @property
    def summary(self) -> str:
        """What the transaction does, for reports."""
        return f"deregister {counted(len(self.identities), 'node')} from the network registry"

    @property
    def gas(self) -> int:
        """Expected gas."""
        return gas.DEREGISTRATION_BATCH + gas.DEREGISTRATION * len(self.identities)

    def call(self, signers: Signers) -> Call:  # noqa: ARG002 - the signature that all transactions share
        """Return the transaction's target and data."""
        nodes = [identity.node for identity in self.identities]
        return Call(self.desired.contracts.network_registry, NETWORK_REGISTRY.encode("managerDeregister", nodes))
