"""Submits rounds of transactions until none is missing: observe, plan, submit, observe again, wait until it is final.

Why nothing is paid twice, whenever a run is killed and however often it is restarted:

* A run needs no memory: each round starts from the state of the chain at one block. The nonce of the round's first
  transaction is the wallet's transaction count at that very block. A payment that is not part of creating its identity
  is always that first transaction (see `plan`), which makes it a compare-and-swap: it can be mined only if no other
  transaction of the wallet was mined since the balances were read. An older payment that is still in some node's
  mempool has a nonce that is used up by then, or competes for the same nonce: one of the two is mined, never both.
* A batch that creates or first configures an identity succeeds once, because the Safe's address and its nonce 0 can be
  used only once. The wxHOPR that a batch pays comes through the operator Safe, whose nonce was read at the same block.
* A payment that a reorganisation removed may be mined again with the same nonce. No payment is made below that nonce:
  the nonces up to it are used up first. (A run that is killed then forgets it: docs/faults.md#known-limits.)
* A run pays each payee once. A payment that does not show in a later observation, because an endpoint is wrong or a
  node spent it at once, is an error. Nodes that run code are never paid: their code decides what a balance shows.
* A lost reply leads to the same bytes being sent again. Only a transaction of ours whose fee is too low to be mined is
  replaced, by one with the same nonce.

Runs on one machine wait for each other (`journal`), and each waits at its start until no transaction of the wallet is
pending. Both avoid needless conflicts; safety does not depend on them.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from config.errors import Problem
from config.models.chain import ChainSettings
from identity.chain.client import ChainClient, Receipt
from identity.errors import (
    BlockReplaced,
    CallReverted,
    IdentityError,
    NonceTaken,
    NotConverging,
    PaidAlready,
    PaidNodeRunsCode,
    RequestTooLarge,
    RpcRejected,
    RpcUnavailable,
    TransactionReverted,
    Underpriced,
)
from identity.evm import gas
from identity.evm.calls import Call, Signers
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.submission.delivery import (
    Pace,
    await_receipts,
    is_included,
    submit,
    wait_for_confirmations,
    wait_until_none_pending,
)
from identity.submission.gas_limits import estimated_gas_limit, explain_failure
from identity.submission.journal import Journal
from identity.submission.pending import PendingTransactions
from identity.submission.run_record import RunRecord
from identity.submission.spending import Sum
from identity.submission.wallet import GWEI, Fees, SignedTransaction, fees_at, outbid, sign
from identity.submission.wallet_transaction import Payee, UseUpNonce, WalletTransaction

_log = logging.getLogger(__name__)

_MOST_REFUSED_ROUNDS = 5
_MOST_OVERTAKEN_ROUNDS = 50
_RUNS_CODE = (
    "its node {} runs code (EIP-7702), which can forward or reject what the node receives, so it is never paid: the "
    "holder of the node's key delegated it. Retire the identity, or revoke the delegation"
)


@dataclass(frozen=True)
class Work:
    """The work on a pool: which transactions come next, and whether they may be sent.

    `next_round` is pure and returns an empty sequence when the work is complete. `allow` receives the observed pool and
    the amounts spent so far; it raises if no round may be sent.
    """

    desired: DesiredPool
    next_round: Callable[[ObservedPool], Sequence[WalletTransaction]]
    allow: Callable[[ObservedPool, Sum], None]


@dataclass(frozen=True)
class RunResult:
    """The pool after the run, the receipts of its mined transactions, and what they cost including gas."""

    observed: ObservedPool
    receipts: tuple[Receipt, ...]
    spent: Sum


@dataclass
class Rounds:
    """One run of some work. `signers` is called only if something must be sent; `report` receives each step."""

    chain: ChainClient
    signers: Callable[[], Signers]
    work: Work
    chain_settings: ChainSettings
    journal: Journal
    eligible: Collection[str]
    report: Callable[[str], None]
    paid: dict[Payee, Receipt] = field(default_factory=dict)
    """The payees of the run so far; several `Rounds` of one run share it."""

    def __post_init__(self) -> None:
        desired = self.work.desired
        self._wallet = desired.wallet
        self.chain.report = self.report
        self._pace = Pace(self.chain_settings)
        registry = desired.contracts.network_registry
        self._sent = RunRecord(self.chain, self.journal, registry, set(self.eligible), paid=self.paid)
        self._earlier = PendingTransactions(
            self.chain, self.journal, self._wallet, self.chain_settings, self._pace.poll_s, self.report
        )

    @property
    def spent(self) -> Sum:
        """What was spent so far, gas included."""
        return self._sent.spent

    def run(self) -> RunResult:
        """Return once nothing is missing and the state is final; raise the reason why it cannot continue otherwise."""
        with self.journal.exclusive(self.report):
            return self._run_rounds()

    def _run_rounds(self) -> RunResult:
        refused = overtaken = 0
        while True:
            self._sent.collect_open_receipts()
            self._earlier.record_outcomes()
            wait_until_none_pending(self.chain, self._wallet, self._pace, self._earlier.may_outbid)
            observed = self._observe()
            transactions = self.work.next_round(observed)
            if not transactions:
                if not self._sent.sent_anything or self._final(observed):
                    return RunResult(observed, tuple(self._sent.receipts), self._sent.spent)
                continue
            self._stop_if_not_converging(transactions, observed)
            self._stop_if_paid_already(transactions, observed)
            self._stop_if_a_paid_node_runs_code(transactions)
            _log.info("round at block %d: %s", observed.block.number, "; ".join(one.summary for one in transactions))
            try:
                self._send_allowed(transactions, observed)
            except (BlockReplaced, NonceTaken, Underpriced) as error:
                overtaken += 1
                if overtaken > _MOST_OVERTAKEN_ROUNDS:
                    raise
                self.report(f"{error}; observing again")
            except TransactionReverted as error:
                refused += 1
                if refused > _MOST_REFUSED_ROUNDS:
                    raise
                self.report(f"{error}; observing again")

    def _send_allowed(self, transactions: Sequence[WalletTransaction], observed: ObservedPool) -> None:
        nonce = self.chain.transaction_count(self._wallet, observed.block)
        transactions = self._use_up_reorganised_nonces(transactions, nonce)
        self.work.allow(observed, self._sent.spent)
        self._send(transactions, observed, nonce)

    def _use_up_reorganised_nonces(
        self, transactions: Sequence[WalletTransaction], first: int
    ) -> Sequence[WalletTransaction]:
        """Return the round, or instead of a round that pays: the transactions that must come before it.

        A payment that a reorganisation removed may still be in some node's mempool, with a nonce that comes again.
        """
        last = self._sent.last_payment
        pays = any(transaction.xdai_wei or transaction.wxhopr_wei for transaction in transactions)
        return [UseUpNonce(self._wallet)] * (last + 1 - first) if pays and last > first else transactions

    def _observe(self) -> ObservedPool:
        """Observe the pool; repeat while the answering server lags behind the one that served our receipts."""
        newest = self._sent.newest_block
        deadline = time.monotonic() + self._pace.patience_s
        while (observed := observe(self.chain, self.work.desired, self._sent.eligible)).block.number < newest:
            if time.monotonic() > deadline:
                raise RpcUnavailable(
                    f"{self.chain.label} reports block {observed.block.number} as its newest, after it reported a "
                    f"transaction in block {newest}: a server behind it lags; run again later, or use another endpoint"
                )
            time.sleep(self._pace.poll_s)
        return observed

    def _send(self, transactions: Sequence[WalletTransaction], observed: ObservedPool, first: int) -> None:
        """Send one round, starting at nonce `first`, without waiting in between; then wait until all of it is mined."""
        signers = self.signers()
        sent: list[SignedTransaction] = []
        failure: IdentityError | None = None
        for position, transaction in enumerate(transactions):
            signed = self._sign(signers, transaction, observed, first + position, is_first=position == 0)
            self._sent.record_intent(transaction, signed)
            self.report(f"{transaction.summary}: transaction {signed.hash}, nonce {signed.nonce}")
            try:
                submit(self.chain, self._wallet, signed)
            except (NonceTaken, Underpriced, RpcRejected) as error:
                self._sent.record_rejection(signed)
                failure = error
                break
            sent.append(signed)
        receipts = await_receipts(self.chain, self._wallet, sent, self._pace)
        self._sent.record_receipts(receipts)
        for transaction, signed, receipt in zip(transactions, sent, receipts, strict=False):
            if not receipt.succeeded:
                before = self.chain.block(receipt.block_number - 1)
                why = explain_failure(self.chain, self._wallet, signed.call, before)
                raise TransactionReverted(f"{transaction.summary}: {signed.hash} reverted on chain: {why}")
        if failure:
            raise failure

    def _sign(
        self, signers: Signers, transaction: WalletTransaction, observed: ObservedPool, nonce: int, *, is_first: bool
    ) -> SignedTransaction:
        call = transaction.call(signers)
        # The endpoint cannot estimate a transaction that builds on one that is not mined yet.
        gas_limit = self._gas_limit(transaction, call, observed) if is_first else self._expected_gas_limit(transaction)
        fees = fees_at(observed.block.base_fee_wei, self.chain_settings)
        _log.debug("nonce %d: gas limit %d, %s, base fee %d wei", nonce, gas_limit, fees, observed.block.base_fee_wei)
        if (pending := self._earlier.pending_fees(nonce)) and (enough := outbid(pending, self.chain_settings)):
            fees = Fees(max(fees.max_fee_wei, enough.max_fee_wei), max(fees.priority_fee_wei, enough.priority_fee_wei))
        return sign(
            signers.wallet, self.work.desired.network.chain_id, call, nonce=nonce, gas_limit=gas_limit, fees=fees
        )

    def _expected_gas_limit(self, transaction: WalletTransaction) -> int:
        """Return the gas limit that the preflight and the spending limits assume."""
        return gas.limit(transaction.gas, self.chain_settings.block_gas_limit)

    def _gas_limit(self, transaction: WalletTransaction, call: Call, observed: ObservedPool) -> int:
        """Return the expected gas limit, or a higher estimate of the endpoint if the spending limits allow it."""
        expected = self._expected_gas_limit(transaction)
        try:
            needed = estimated_gas_limit(self.chain, self._wallet, call, self.chain_settings.block_gas_limit, expected)
        except (CallReverted, RequestTooLarge) as error:
            why = explain_failure(self.chain, self._wallet, call, observed.block)
            raise TransactionReverted(f"{transaction.summary}: not sent, it would fail: {why}") from error
        if needed <= expected:
            return expected
        self.work.allow(observed, self._sent.spent + Sum((needed - expected) * self.chain_settings.max_fee_gwei * GWEI))
        return needed

    def _stop_if_paid_already(self, transactions: Sequence[WalletTransaction], observed: ObservedPool) -> None:
        """Raise PaidAlready: whatever an endpoint or a node's code shows, a run pays each payee once.

        A payment that a reorganisation removed is made again: it is not on the chain.
        """
        problems = [
            Problem(
                payee.identity,
                f"this run has paid it {payee.unit} in transaction {receipt.transaction_hash} (block "
                f"{receipt.block_number}), and {self.chain.label} shows a balance below the minimum again. Compare the "
                "balance with another endpoint or a block explorer; if it is right, run again to pay once more",
            )
            for payee in sorted(frozenset().union(*(one.payees for one in transactions)) & self._sent.paid.keys())
            if is_included(self.chain, observed.block, receipt := self._sent.paid[payee])
        ]
        if problems:
            raise PaidAlready(problems)

    def _stop_if_a_paid_node_runs_code(self, transactions: Sequence[WalletTransaction]) -> None:
        """Raise PaidNodeRunsCode if a paid node runs code (EIP-7702): that code decides what happens to a payment."""
        names = {identity.node: identity.name for identity in self.work.desired.identities}
        paid = frozenset[str]().union(*(transaction.paid_nodes for transaction in transactions))
        with_code = sorted(node for node in paid if self.chain.code(node))
        if with_code:
            raise PaidNodeRunsCode([Problem(names.get(node, node), _RUNS_CODE.format(node)) for node in with_code])

    def _stop_if_not_converging(self, transactions: Sequence[WalletTransaction], observed: ObservedPool) -> None:
        """Raise NotConverging: contracts of another version, or reverted changes, must not cost gas for ever."""
        for transaction in transactions:
            again = transaction.changed_safes & self._sent.changed.keys()
            if any(is_included(self.chain, observed.block, self._sent.changed[name]) for name in again):
                raise NotConverging(
                    f"{', '.join(sorted(again))}: the transactions were mined, but the Safe or its module is still not "
                    "as configured: another owner changed it, or the network's contracts are of another version; run "
                    "again, and if that does not help, inspect the Safe"
                )

    def _final(self, observed: ObservedPool) -> bool:
        """Return whether the observed state is final: its block is confirmed and still part of the chain."""
        self.report(f"waiting for {self.chain_settings.confirmations} confirmation(s) of block {observed.block.number}")
        if wait_for_confirmations(self.chain, observed.block, self.chain_settings, self._pace):
            return True
        self.report("a reorganisation replaced the block; observing again")
        self._sent.drop_reorganised_receipts()
        return False
