"""The transactions of a manager of the network registry: registrations, and announcements of eligible Safes. Pure."""

from abc import ABC
from dataclasses import dataclass

from config.validation.explain import counted
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
        """Expected gas."""
        return gas.REGISTRATION_BATCH + gas.REGISTRATION * len(self.identities)

    @property
    def summary(self) -> str:
        """What the transaction does, for reports."""
        return f"register {counted(len(self.identities), 'node')} on the network registry"

    def call(self, signers: Signers) -> Call:  # noqa: ARG002
        """Return the transaction's target and data."""
        safes, nodes = [one.safe for one in self.identities], [one.node for one in self.identities]
        return Call(self.desired.contracts.network_registry, NETWORK_REGISTRY.encode("managerRegister", safes, nodes))


class ForceSync(_RegistryTransaction):
    """Makes the network registry announce these Safes as eligible (`managerForceSync`)."""

    @property
    def gas(self) -> int:
        """Expected gas."""
        return gas.FORCE_SYNC_BATCH + gas.FORCE_SYNC * len(self.identities)

    @property
    def summary(self) -> str:
        """What the transaction does, for reports."""
        return f"announce {counted(len(self.identities), 'Safe')} as eligible"

    @property
    def announces(self) -> bool:
        """Always: the transaction has no other effect."""
        return True

    def call(self, signers: Signers) -> Call:  # noqa: ARG002
        """Return the transaction's target and data."""
        safes = [one.safe for one in self.identities]
        data = NETWORK_REGISTRY.encode("managerForceSync", safes, [True] * len(safes))
        return Call(self.desired.contracts.network_registry, data)
