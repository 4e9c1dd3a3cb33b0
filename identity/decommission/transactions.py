"""The transactions with which identities leave: what Safes do in one batch, and the registry's manager. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.models.scalars import amount_text
from identity.evm import gas
from identity.evm.calls import Call, Signers, aggregate3_value, safe_execution
from identity.evm.contracts import MULTICALL3, NETWORK_REGISTRY
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.submission.wallet_transaction import WalletTransaction


@dataclass(frozen=True)
class SafeJob:
    """One Safe transaction, that pays `wxhopr_wei` among others; `handed_over`: the wallet before signs for it."""

    identity: DesiredIdentity
    safe_nonce: int
    calls: tuple[Call, ...]
    handed_over: bool
    wxhopr_wei: int = 0

    @property
    def xdai_wei(self) -> int:
        """What leaves the Safe."""
        return sum(call.value_wei for call in self.calls)

    @property
    def gas(self) -> int:
        """Gas inside a batch."""
        paying = gas.WXHOPR_DRAIN if self.wxhopr_wei else 0
        return gas.SAFE_EXECUTION + gas.DECOMMISSION_CALL * len(self.calls) + paying


@dataclass(frozen=True)
class _SafesAct(WalletTransaction):
    """One all-or-nothing Multicall3 call of a Safe transaction each; none of them carries value of the wallet."""

    desired: DesiredPool
    jobs: tuple[SafeJob, ...]

    @property
    def gas(self) -> int:
        """Gas it is expected to use."""
        return gas.BATCH + sum(job.gas for job in self.jobs)

    def call(self, signers: Signers) -> Call:
        """The transaction's target and data."""
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


class ReleaseNodes(_SafesAct):
    """Safes give up their nodes: out of the Safe registry, out of the module, out of the network registry."""

    @property
    def summary(self) -> str:
        """For people: how many."""
        return f"let {len(self.jobs)} {_safes(self.jobs)} deregister and remove {_nodes(self.jobs)}"

    @property
    def changed_safes(self) -> frozenset[str]:
        """Names of the identities that resign."""
        return frozenset(job.identity.name for job in self.jobs)


class DrainSafes(_SafesAct):
    """Safes pay all they hold to the wallet. Each amount is spent once: the Safe's nonce was read with it."""

    @property
    def summary(self) -> str:
        """For people: how much, from how many."""
        wxhopr, xdai = sum(job.wxhopr_wei for job in self.jobs), sum(job.xdai_wei for job in self.jobs)
        amounts = [f"{amount_text(wei)} {unit}" for wei, unit in ((wxhopr, "wxHOPR"), (xdai, "xDai")) if wei]
        return f"move {' and '.join(amounts)} from {len(self.jobs)} {_safes(self.jobs)} to the wallet"


@dataclass(frozen=True)
class Deregister(WalletTransaction):
    """Takes nodes off the network registry, as its manager."""

    desired: DesiredPool
    identities: tuple[DesiredIdentity, ...]

    @property
    def summary(self) -> str:
        """For people: how many."""
        return f"take {len(self.identities)} off the network registry"

    @property
    def gas(self) -> int:
        """Gas it is expected to use."""
        return gas.REGISTRATION_BATCH + gas.DEREGISTRATION * len(self.identities)

    def call(self, signers: Signers) -> Call:  # noqa: ARG002 - every kind is asked the same way
        """The transaction's target and data."""
        nodes = [identity.node for identity in self.identities]
        return Call(self.desired.contracts.network_registry, NETWORK_REGISTRY.encode("managerDeregister", nodes))


def _safes(jobs: Sequence[SafeJob]) -> str:
    return "Safe" if len(jobs) == 1 else "Safes"


def _nodes(jobs: Sequence[SafeJob]) -> str:
    return "its node" if len(jobs) == 1 else "their nodes"
