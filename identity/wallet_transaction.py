"""What every transaction of the wallet answers before it is signed."""

from abc import ABC, abstractmethod

from identity.calls import Call, Signers


class WalletTransaction(ABC):
    """A transaction of the wallet that is not signed yet."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """For people: what it does."""

    @property
    @abstractmethod
    def gas(self) -> int:
        """Gas it is expected to use."""

    @abstractmethod
    def call(self, signers: Signers) -> Call:
        """Its target, data and value; `signers` sign what Safes and nodes must sign inside."""

    @property
    def xdai_wei(self) -> int:
        """xDai it takes from the wallet, without gas."""
        return 0

    @property
    def wxhopr_wei(self) -> int:
        """wxHOPR it takes from the wallet."""
        return 0

    @property
    def changed_safes(self) -> frozenset[str]:
        """Names of the identities whose Safe makes calls."""
        return frozenset()

    @property
    def announced_safes(self) -> frozenset[str]:
        """Safes that it announces as eligible."""
        return frozenset()
