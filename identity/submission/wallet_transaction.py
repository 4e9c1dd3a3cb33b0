"""What every transaction of the wallet answers before it is signed."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from identity.evm.calls import Call, Signers
from identity.evm.gas import TRANSACTION


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
    def pays_by_nonce_alone(self) -> bool:
        """Whether nothing but its nonce keeps it from paying once more: no nonce of a Safe is used up by it."""
        return False

    @property
    def changed_safes(self) -> frozenset[str]:
        """Names of the identities whose Safe makes calls."""
        return frozenset()

    @property
    def announces(self) -> bool:
        """Whether it makes the network registry say whose Safes are eligible."""
        return False

    @property
    def paid_nodes(self) -> frozenset[str]:
        """Native addresses that get xDai."""
        return frozenset()


@dataclass(frozen=True)
class UseUpNonce(WalletTransaction):
    """Does nothing, so that no transaction with its nonce can be mined any more."""

    wallet: str
    gas: int = TRANSACTION
    summary: str = "use up a nonce, so that a payment which a reorganisation took back cannot come again"

    def call(self, signers: Signers) -> Call:  # noqa: ARG002 - every kind is asked the same way
        """Nothing, to the wallet itself."""
        return Call(self.wallet)
