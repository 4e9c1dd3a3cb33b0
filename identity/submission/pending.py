"""What this machine sent for the wallet before, and nobody waited for: what became of it, and what it offers."""

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
    """The unsettled part of the journal, held against the chain; `report` gets a sentence for each outcome."""

    chain: ChainClient
    journal: Journal
    wallet: str
    chain_settings: ChainSettings
    poll_s: float
    report: Callable[[str], None]

    def record_outcomes(self) -> None:
        """Finds out what became of transactions whose end nobody waited for."""
        waiting = self.journal.open_intents()
        if not waiting:
            return
        mined_count = self.chain.latest_transaction_count(self.wallet)  # before the receipts: they may only be newer
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
        """Asked for some times where its nonce is used up: servers behind one URL may lag each other by a moment."""
        for poll in range(LAG_POLLS if overdue else 1):
            if poll:
                time.sleep(self.poll_s)
            if receipt := self.chain.receipt(transaction_hash):
                return receipt
        return None

    def pending_fees(self, nonce: int) -> Fees | None:
        """What our transaction that waits with this nonce offers; None where none of ours does."""
        for intent in self.journal.open_intents():
            if intent.nonce == nonce and self.chain.is_pending(intent.hash):
                return Fees(intent.max_fee_wei, intent.priority_fee_wei)
        return None

    def may_outbid(self, nonce: int) -> bool:
        """Whether one of ours waits with this nonce, and a higher fee is allowed."""
        pending = self.pending_fees(nonce)
        return pending is not None and outbid(pending, self.chain_settings) is not None
