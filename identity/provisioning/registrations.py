"""What a manager of the network registry sends: registrations, and the word that Safes are eligible. Pure."""

from abc import ABC
from dataclasses import dataclass

from identity.evm import gas
from identity.evm.calls import Call, Signers
from identity.evm.contracts import NETWORK_REGISTRY
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.submission.wallet_transaction import WalletTransaction


@dataclass(frozen=True)
class _RegistryTransaction(WalletTransaction, ABC):
    desired: DesiredPool
    identities: tuple[DesiredIdentity, ...]


class Register(_RegistryTransaction):
    """Registers nodes for their Safes on the network registry, as its manager."""

    @property
    def gas(self) -> int:
        """Gas it is expected to use."""
        return gas.REGISTRATION_BATCH + gas.REGISTRATION * len(self.identities)

    @property
    def summary(self) -> str:
        """For people: how many."""
        return f"register {len(self.identities)} on the network registry"

    def call(self, signers: Signers) -> Call:  # noqa: ARG002
        """The transaction's target and data."""
        safes, nodes = [one.safe for one in self.identities], [one.node for one in self.identities]
        return Call(self.desired.contracts.network_registry, NETWORK_REGISTRY.encode("managerRegister", safes, nodes))


class ForceSync(_RegistryTransaction):
    """Tells the network that these Safes are eligible."""

    @property
    def gas(self) -> int:
        """Gas it is expected to use."""
        return gas.FORCE_SYNC_BATCH + gas.FORCE_SYNC * len(self.identities)

    @property
    def summary(self) -> str:
        """For people: how many."""
        return f"announce {len(self.identities)} as eligible"

    @property
    def announces(self) -> bool:
        """It does nothing else."""
        return True

    def call(self, signers: Signers) -> Call:  # noqa: ARG002
        """The transaction's target and data."""
        safes = [one.safe for one in self.identities]
        data = NETWORK_REGISTRY.encode("managerForceSync", safes, [True] * len(safes))
        return Call(self.desired.contracts.network_registry, data)
