"""The transactions of one run: their outcomes, their cost, and what their events show about the pool's Safes."""

from collections.abc import Collection
from dataclasses import dataclass, field

from identity.chain.client import ChainClient, Receipt
from identity.observation.observe import eligibility_in
from identity.submission.journal import Intent, Journal, Outcome
from identity.submission.spending import Sum
from identity.submission.wallet import SignedTransaction
from identity.submission.wallet_transaction import Payee, WalletTransaction


@dataclass
class RunRecord:
    """The transactions of one run; `registry` is the network registry, whose events announce eligible Safes."""

    chain: ChainClient
    journal: Journal
    registry: str
    eligible: set[str]
    """Safes that are known to be eligible, for endpoints that do not search logs."""
    receipts: list[Receipt] = field(default_factory=list)
    spent: Sum = field(default_factory=Sum)
    changed: dict[str, Receipt] = field(default_factory=dict)
    """The last transaction that changed an identity's Safe, by identity name."""
    paid: dict[Payee, Receipt] = field(default_factory=dict)
    """The transaction that paid an identity, by payee."""
    last_payment: int = 0
    """Highest nonce of a payment that only its nonce protects from being executed twice."""
    sent_anything: bool = False
    """Whether the run has sent any transaction, whatever its outcome."""
    _open: list[tuple[WalletTransaction, SignedTransaction]] = field(default_factory=list)

    @property
    def newest_block(self) -> int:
        """Number of the newest block with a transaction of this run; 0 without one."""
        return max((receipt.block_number for receipt in self.receipts), default=0)

    def record_intent(self, transaction: WalletTransaction, signed: SignedTransaction) -> None:
        """Record a transaction before it is sent."""
        if transaction.pays_by_nonce_alone:
            self.last_payment = max(self.last_payment, signed.nonce)
        self.journal.record_intent(Intent.of(transaction, signed))
        self._open.append((transaction, signed))
        self.sent_anything = True

    def record_rejection(self, signed: SignedTransaction) -> None:
        """Record that the endpoint refused a transaction; `collect_open_receipts` still looks for it on chain."""
        self.journal.record_outcome(signed.hash, Outcome.NOT_ACCEPTED)

    def record_receipts(self, receipts: Collection[Receipt]) -> None:
        """Record transactions that were mined, whether they succeeded or reverted."""
        by_hash = {receipt.transaction_hash: receipt for receipt in receipts}
        for transaction, signed in list(self._open):
            if receipt := by_hash.get(signed.hash):
                self._open.remove((transaction, signed))
                self._record_receipt(transaction, receipt)

    def collect_open_receipts(self) -> None:
        """Fetch and record the receipts of transactions that this run stopped waiting for."""
        self.record_receipts([receipt for _, signed in self._open if (receipt := self.chain.receipt(signed.hash))])

    def drop_reorganised_receipts(self) -> None:
        """Drop the receipts of transactions that a reorganisation removed from the chain."""
        self.receipts = [one for one in self.receipts if self.chain.receipt(one.transaction_hash)]

    def _record_receipt(self, transaction: WalletTransaction, receipt: Receipt) -> None:
        self.journal.record_outcome(receipt.transaction_hash, Outcome.MINED if receipt.succeeded else Outcome.REFUSED)
        self.receipts.append(receipt)
        self.spent += Sum(receipt.gas_used * receipt.gas_price_wei)
        if not receipt.succeeded:
            return
        self.spent += Sum(transaction.xdai_wei, transaction.wxhopr_wei)
        self.changed |= dict.fromkeys(transaction.changed_safes, receipt)
        self.paid |= dict.fromkeys(transaction.payees, receipt)
        if transaction.announces:
            announced = eligibility_in(self.chain.logs_of(receipt.transaction_hash), self.registry)
            self.eligible |= {safe for safe, eligible in announced.items() if eligible}
