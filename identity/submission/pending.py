"""Transactions that an earlier run on this machine sent and did not wait for: their outcomes and their fees."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from config.models.chain import ChainSettings
from identity.chain.client import ChainClient, Receipt
from identity.submission.delivery import LAG_POLLS
from identity.submission.journal import Journal, Outcome
from identity.submission.wallet import Fees, outbid


@dataclass(frozen=True)
class PendingTransactions:
    """Compares the open entries of the journal with the chain; `report` receives a sentence for each outcome."""

    chain: ChainClient
    journal: Journal
    wallet: str
    chain_settings: ChainSettings
    poll_s: float
    report: Callable[[str], None]

    def record_outcomes(self) -> None:
        """Record the outcome of every open transaction that is mined or overtaken."""
        waiting = self.journal.open_intents()
        if not waiting:
            return
        # Read before the receipts, so that those are never older.
        mined_count = self.chain.latest_transaction_count(self.wallet)
        for intent in waiting:
            receipt = self._receipt(intent.hash, overdue=intent.nonce < mined_count)
            if receipt:
                outcome = Outcome.MINED if receipt.succeeded else Outcome.REFUSED
            elif intent.nonce < mined_count:
                outcome = Outcome.OVERTAKEN
            else:
                continue
            self.journal.record_outcome(intent.hash, outcome)
            self.report(f"an earlier run of this wallet sent {intent.hash} ({intent.what}): {outcome}")

    def _receipt(self, transaction_hash: str, *, overdue: bool) -> Receipt | None:
        """Poll several times if the nonce is used up, because servers behind one URL may lag behind each other."""
        for poll in range(LAG_POLLS if overdue else 1):
            if poll:
                time.sleep(self.poll_s)
            if receipt := self.chain.receipt(transaction_hash):
                return receipt
        return None

    def pending_fees(self, nonce: int) -> Fees | None:
        """Return the fees of our own pending transaction with this nonce, or None."""
        for intent in self.journal.open_intents():
            if intent.nonce == nonce and self.chain.is_pending(intent.hash):
                return Fees(intent.max_fee_wei, intent.priority_fee_wei)
        return None

    def may_outbid(self, nonce: int) -> bool:
        """Return whether our own transaction is pending with this nonce and chain.maxFeeGwei allows to outbid it."""
        pending = self.pending_fees(nonce)
        return pending is not None and outbid(pending, self.chain_settings) is not None
