"""What can go wrong with keys and on chain; every text stands alone, none holds a secret or a full RPC URL.

HoprdError (config.errors)
└── IdentityError
    ├── KeyfileError                an identity file that cannot be read
    │   └── WrongPassword
    ├── EscrowFailed                the second place of an identity file cannot be used, or gives back something else
    ├── ChainError                  the RPC endpoint
    │   ├── RpcUnavailable          no usable answer: timeout, dropped connection, 429, 5xx
    │   ├── RpcRejected             a JSON-RPC error
    │   │   └── CallReverted        a contract refused; `revert` says which way
    │   └── WrongChain              the endpoint serves another chain
    ├── OrderUnreadable             the funding job does not understand what it was told
    ├── JournalError                the journal of what is sent cannot be kept
    ├── SecretsUnavailable          what wallet.from names cannot be read, or does not hold what is needed
    ├── AwsError                    AWS refused or could not be asked; `code` is its word for it
    ├── WrongKey                    a key that is not the one of the configured address
    ├── TransactionError            a transaction of the wallet
    │   ├── WalletCannotSign        an address without a key
    │   ├── FeeAboveCap             the network's fee is above chain.maxFeeGwei
    │   ├── NonceTaken              another transaction of the wallet came first: look again
    │   ├── Underpriced             the network's fee rose above what a transaction offers: outbid it
    │   ├── TransactionReverted     mined, but refused by a contract
    │   ├── TransactionPending      not mined in time; the next run continues
    │   └── NotConverging           mined, and yet the chain does not show what it was for
    └── CannotProceed               several reasons at once, nothing more is sent
        ├── PlanRefused             an identity is not in a state that may be changed
        ├── PreflightFailed         something the transactions need is missing
        ├── PaidNodeRunsCode        a node would do something else with a payment than keep it
        └── SpendingRefused         it would cost more than the configuration allows one run to spend
"""

from collections.abc import Sequence

from config.errors import HoprdError, Problem


class IdentityError(HoprdError):
    """Anything about keys, identity files or the chain."""


class KeyfileError(IdentityError):
    """An identity file is damaged, too large, or of a form that hoprd does not read."""


class WrongPassword(KeyfileError):
    """The identity file is sound, the password does not open it."""


class EscrowFailed(IdentityError):
    """The escrow of an identity file cannot be read or written, or does not give back what was written."""


class ChainError(IdentityError):
    """The RPC endpoint did not do what was asked."""


class RpcUnavailable(ChainError):
    """No usable answer from the endpoint; after a write the outcome is unknown."""


class RpcRejected(ChainError):
    """The endpoint answered with a JSON-RPC error."""

    def __init__(self, text: str, *, code: int = 0, rpc_message: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.rpc_message = rpc_message


class CallReverted(RpcRejected):
    """A contract reverted; `revert` is what it said, in words."""

    def __init__(self, text: str, *, revert: str) -> None:
        super().__init__(text, code=3)
        self.revert = revert


class WrongChain(ChainError):
    """The endpoint serves another chain than the network is on."""


class OrderUnreadable(IdentityError):
    """The funding job was started without what it needs to know."""


class JournalError(IdentityError):
    """The journal of what the wallet sends cannot be read or written: nothing is sent without it."""


class SecretsUnavailable(IdentityError):
    """The wallet's key and the nodes' passwords are not where the configuration says, or are not what they must be."""


class AwsError(IdentityError):
    """AWS refused, or could not be asked; `code` is AWS's word for the reason, empty where nothing came back."""

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class WrongKey(IdentityError):
    """A key is not the one of the configured address, or of a kind that cannot sign for an account."""


class TransactionError(IdentityError):
    """A transaction of the wallet was not done."""


class WalletCannotSign(TransactionError):
    """Only the wallet's address is configured."""


class FeeAboveCap(TransactionError):
    """The network asks for more than the configuration allows."""


class NonceTaken(TransactionError):
    """The transaction can never be mined because another one of the wallet has its nonce."""


class Underpriced(TransactionError):
    """A transaction waits because the network's fee rose above what it offers."""


class TransactionReverted(TransactionError):
    """A transaction was mined and had no effect because a contract refused."""


class TransactionPending(TransactionError):
    """A transaction was sent and is not mined yet."""


class NotConverging(TransactionError):
    """A transaction was mined without an error and did not lead to what it was sent for: sending more is a waste."""


class CannotProceed(IdentityError):
    """Several reasons not to go on; nothing was sent. `problems` holds them, `str()` prints one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PlanRefused(CannotProceed):
    """Identities are in a state that this program must not change by itself."""


class PreflightFailed(CannotProceed):
    """The chain, the contracts or the wallet lack something the transactions need."""


class PaidNodeRunsCode(CannotProceed):
    """A payment would run code of a node, and does not go through, or takes more gas than payments do."""


class SpendingRefused(CannotProceed):
    """The run would spend more than `spending` allows."""
