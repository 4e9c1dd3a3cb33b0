"""Errors of keys, identity files and the chain. No message contains a secret or a full RPC URL.

HoprdError (config.errors)
└── IdentityError
    ├── KeyfileError                an unreadable identity file
    │   └── WrongPassword
    ├── EscrowFailed                the escrow cannot be used, or returns something else than was written
    ├── ChainError                  the RPC endpoint
    │   ├── RpcUnavailable          no usable response until the end of the patience
    │   │   └── BlockReplaced       a reorganisation replaced the block of the request: observe again
    │   ├── RpcRejected             a final answer: asking again does not help
    │   │   ├── CallReverted        a contract reverted; `revert` is the reason
    │   │   └── RequestTooLarge     a smaller request may succeed
    │   └── WrongChain              the endpoint serves another chain
    ├── OrderUnreadable             the funding job cannot read its order
    ├── JournalError                the journal cannot be read or written
    ├── SecretsUnavailable          the source in wallet.from cannot be read, or lacks a value
    ├── NoUsableContext             the kubeconfig lacks the context, or a way to log in
    ├── AwsError                    AWS refused a request or did not answer; `code` is AWS's error code
    ├── WrongKey                    a key that does not belong to the configured address
    ├── TransactionError            a transaction of the wallet
    │   ├── WalletCannotSign        an address without a key
    │   ├── FeeAboveCap             the network's fee is above chain.maxFeeGwei
    │   ├── NonceTaken              another transaction of the wallet came first: observe again
    │   ├── Underpriced             the base fee rose above a transaction's maximum: outbid it
    │   ├── TransactionReverted     mined, but reverted
    │   ├── TransactionPending      not mined in time; the next run continues
    │   └── NotConverging           mined, but without the intended effect
    └── CannotProceed               one or more reasons, nothing more is sent
        ├── PlanRefused             an identity is in a state that must not be changed
        ├── PreflightFailed         a requirement of the transactions is missing
        ├── PaidNodeRunsCode        a node's code would handle a payment
        ├── PaidAlready             this run has paid an identity, and its balance does not show the payment
        ├── SpendingRefused         the run would exceed its spending limits
        ├── NodesRunning            an identity would be drained while a node runs with it
        └── NotAllowed              a run without a terminal lacks a permission
"""

from collections.abc import Sequence
from enum import Enum, auto

from config.errors import HoprdError, Problem


class IdentityError(HoprdError):
    """Base class of the errors of keys, identity files and the chain."""


class KeyfileError(IdentityError):
    """An identity file is damaged, too large, or in a form that hoprd does not read."""


class WrongPassword(KeyfileError):
    """The identity file is valid, but the password does not decrypt it.

    `hint` is a part of a sentence that says which form of the password does, empty if none is known.
    """

    def __init__(self, text: str, *, hint: str = "") -> None:
        super().__init__(text + hint)
        self.hint = hint


class EscrowFailed(IdentityError):
    """The escrow of an identity file cannot be read or written, or does not return what was written."""


class ChainError(IdentityError):
    """Base class of the errors of the RPC endpoint."""


class Refusal(Enum):
    """Why an endpoint does not do what it is asked (identity.chain.refusals)."""

    REVERTED = auto()
    ALREADY_KNOWN = auto()
    NONCE_TOO_LOW = auto()
    NONCE_TOO_HIGH = auto()
    REPLACED = auto()
    POOL_FULL = auto()
    TIP_TOO_LOW = auto()
    FUNDS = auto()
    FEE_BELOW_BASE = auto()
    GAS_LIMIT = auto()
    WRONG_CHAIN = auto()
    KEY = auto()
    THROTTLED = auto()
    LAG = auto()
    OUT_OF_GAS = auto()
    TOO_LARGE = auto()
    TIMED_OUT = auto()
    OTHER = auto()


class RpcUnavailable(ChainError):
    """The endpoint gave no usable response; after a write the outcome is unknown.

    `pause_s`: the seconds that the endpoint asks to wait for.
    """

    def __init__(self, text: str, *, refusal: Refusal = Refusal.OTHER, pause_s: float | None = None) -> None:
        super().__init__(text)
        self.refusal = refusal
        self.pause_s = pause_s


class BlockReplaced(RpcUnavailable):
    """A reorganisation replaced the block that the request names."""


class RpcRejected(ChainError):
    """The endpoint gave a final answer: the same request fails again."""

    def __init__(self, text: str, *, refusal: Refusal = Refusal.OTHER) -> None:
        super().__init__(text)
        self.refusal = refusal


class RequestTooLarge(RpcRejected):
    """The request or its response is too large for the endpoint."""


class CallReverted(RpcRejected):
    """A contract reverted; `revert` is the decoded reason."""

    def __init__(self, text: str, *, revert: str) -> None:
        super().__init__(text, refusal=Refusal.REVERTED)
        self.revert = revert


class WrongChain(ChainError):
    """The endpoint serves another chain than the network's."""


class OrderUnreadable(IdentityError):
    """The funding job was started without a valid order."""


class JournalError(IdentityError):
    """The journal of the wallet cannot be read or written; nothing is sent without it."""


class SecretsUnavailable(IdentityError):
    """The wallet's key or the nodes' passwords are missing from the configured source, or invalid."""


class NoUsableContext(IdentityError):
    """The kubeconfig has no such context, or its context has no usable credentials."""


class AwsError(IdentityError):
    """AWS refused a request or did not answer; `code` is AWS's error code, empty without a response."""

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class WrongKey(IdentityError):
    """A key does not belong to the configured address, or is of a kind that cannot sign for an account."""


class TransactionError(IdentityError):
    """Base class of the errors of the wallet's transactions."""


class WalletCannotSign(TransactionError):
    """Only the wallet's address is configured."""


class FeeAboveCap(TransactionError):
    """The base fee is above `chain.maxFeeGwei`."""


class NonceTaken(TransactionError):
    """The transaction can never be mined because another one used its nonce."""


class Underpriced(TransactionError):
    """A transaction is pending because the base fee rose above its maximum."""


class TransactionReverted(TransactionError):
    """A transaction was mined and reverted, or would revert."""


class TransactionPending(TransactionError):
    """A transaction was sent and is not mined yet."""


class NotConverging(TransactionError):
    """A transaction succeeded without its intended effect: sending it again would waste gas."""


class CannotProceed(IdentityError):
    """One or more reasons not to continue; nothing was sent. `problems` holds them, `str()` prints one per line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PlanRefused(CannotProceed):
    """Identities are in a state that this program must not change."""


class PreflightFailed(CannotProceed):
    """The chain, the contracts or the wallet do not meet the requirements of the transactions."""


class PaidNodeRunsCode(CannotProceed):
    """A payment would run a node's code, and fails or takes more gas than a plain transfer."""


class PaidAlready(CannotProceed):
    """This run has paid an identity, and the endpoint shows a balance without the payment: it is not paid twice."""


class SpendingRefused(CannotProceed):
    """The run would exceed the limits under `spending`."""


class NotAllowed(CannotProceed):
    """A run that nobody watches would change owners, drain or delete, without the permission for it."""


class NodesRunning(CannotProceed):
    """Nodes run with identities that would be drained, or the cluster does not show that none runs."""
