"""The interface of the wallet's transactions before they are signed, and their split by size."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from identity.evm.calls import Call, Signers
from identity.evm.gas import TRANSACTION

Item = TypeVar("Item")


class Payee(NamedTuple):
    """The recipient of a payment: an identity's node (xDai) or its Safe (wxHOPR)."""

    identity: str
    unit: str


class WalletTransaction(ABC):
    """A transaction of the wallet that is not signed yet."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """A short description for people."""

    @property
    @abstractmethod
    def gas(self) -> int:
        """The expected gas use."""

    @abstractmethod
    def call(self, signers: Signers) -> Call:
        """Return the target, data and value; `signers` sign the Safe transactions and node bindings inside."""

    @property
    def xdai_wei(self) -> int:
        """xDai that it takes from the wallet, without gas."""
        return 0

    @property
    def wxhopr_wei(self) -> int:
        """wxHOPR that it takes from the wallet."""
        return 0

    @property
    def pays_by_nonce_alone(self) -> bool:
        """Whether only the wallet's nonce protects it from paying twice, because it uses up no nonce of a Safe."""
        return False

    @property
    def changed_safes(self) -> frozenset[str]:
        """Names of the identities whose Safe executes calls."""
        return frozenset()

    @property
    def announces(self) -> bool:
        """Whether it makes the network registry announce eligible Safes."""
        return False

    @property
    def payees(self) -> frozenset[Payee]:
        """Whom it pays; a run pays nobody twice (`identity.submission.rounds`)."""
        return frozenset()

    @property
    def paid_nodes(self) -> frozenset[str]:
        """Native addresses that receive xDai."""
        return frozenset()


@dataclass(frozen=True)
class UseUpNonce(WalletTransaction):
    """An empty transaction that uses up its nonce, so that no other transaction can be mined with it."""

    wallet: str
    gas: int = TRANSACTION
    summary: str = "use up a nonce, so that a payment removed by a reorganisation cannot be mined again"

    def call(self, signers: Signers) -> Call:  # noqa: ARG002 - part of the interface
        """Return an empty call to the wallet itself."""
        return Call(self.wallet)


def split_evenly(items: Sequence[Item], fits: Callable[[tuple[Item, ...]], bool]) -> Iterator[tuple[Item, ...]]:
    """Yield the items in order, in the fewest groups of about equal size that fit; a single item is always a group."""
    for count in range(1, len(items) + 1):
        edges = [len(items) * index // count for index in range(count + 1)]
        groups = [tuple(items[start:end]) for start, end in itertools.pairwise(edges)]
        if count == len(items) or all(fits(group) for group in groups):
            yield from groups
            return
