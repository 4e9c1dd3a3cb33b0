"""Sends rounds of transactions until nothing is missing: look, decide, send, look again, and wait until it is final.

Why nothing is paid twice, whenever this is killed and however often it is started:

* It needs no memory: each round starts from what the chain shows at one block. The wallet's transaction count at that
  very block is the nonce of the round's first transaction. A payment that does not ride with the making of its
  identity is always that first transaction (`plan`). So it is a compare-and-swap: it can be mined only if no other
  transaction of the wallet was mined since the balances were read. An older payment still floating about, in whatever
  node's memory, has a nonce that is used up by then, or competes for the same one: one of the two is mined, never both.
* A batch that makes or first configures an identity succeeds once, because the Safe's address and its nonce 0 are
  used once. wxHOPR that a batch pays comes through the operator Safe, whose nonce was read in the same look.
* A payment that a reorganisation took back has a nonce that comes again. No payment is made below it: the nonces up to
  it are used up first. (A run that is killed in that very moment forgets it: docs/faults.md#known-limits.)
* A reply that is lost leads to the same bytes being sent again. Only a transaction of ours that pays too little to be
  mined is followed by another one, and that one has the same nonce.

Runs on one machine wait for each other (`journal`), and each waits at its start until nothing of the wallet is in line:
that is for peace, not for safety.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from config.errors import Problem
from config.models.chain import ChainSettings
from identity.chain.client import Block, ChainClient, Receipt
from identity.chain.explain import reason_of_failure
from identity.errors import (
    CallReverted,
    ChainError,
    IdentityError,
    NonceTaken,
    NotConverging,
    PaidNodeRunsCode,
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
from identity.submission.journal import Journal
from identity.submission.pending import PendingTransactions
from identity.submission.run_record import RunRecord
from identity.submission.spending import Sum
from identity.submission.wallet import GWEI, Fees, SignedTransaction, fees_at, outbid, sign
from identity.submission.wallet_transaction import UseUpNonce, WalletTransaction

_MOST_REFUSED_ROUNDS = 5
_MOST_OVERTAKEN_ROUNDS = 50
_ESTIMATE_MARGIN_PERCENT = 20
_RUNS_CODE = (
    "its node {} runs code (EIP-7702), which keeps payments from it or makes them dear: whoever has the node's key did "
    "that. Retire the identity, or take the delegation back"
)


@dataclass(frozen=True)
class Work:
    """What is to be done for a pool: how the next round is found, and what must be so before one is sent.

    `next_round` is pure and returns nothing when nothing is missing. `allow` gets the look and what was spent so far;
    it raises where no round must be sent.
    """

    desired: DesiredPool
    next_round: Callable[[ObservedPool], Sequence[WalletTransaction]]
    allow: Callable[[ObservedPool, Sum], None]


@dataclass(frozen=True)
class RunResult:
    """The pool as it is now, every transaction that was mined for it, and what they have cost with their gas."""

    observed: ObservedPool
    receipts: tuple[Receipt, ...]
    spent: Sum


@dataclass
class Rounds:
    """One run of some work. `signers` is asked only when something must be sent; `report` gets a sentence a step."""

    chain: ChainClient
    signers: Callable[[], Signers]
    work: Work
    chain_settings: ChainSettings
    journal: Journal
    eligible: Collection[str]
    report: Callable[[str], None]

    def __post_init__(self) -> None:
        desired = self.work.desired
        self._wallet = desired.wallet
        self._pace = Pace(self.chain_settings)
        self._sent = RunRecord(self.chain, self.journal, desired.contracts.network_registry, set(self.eligible))
        self._earlier = PendingTransactions(
            self.chain, self.journal, self._wallet, self.chain_settings, self._pace.poll_s, self.report
        )

    def run(self) -> RunResult:
        """Returns when nothing is missing and that is final; raises what keeps it from going on."""
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
            nonce = self.chain.transaction_count(self._wallet, observed.block)
            transactions = self._use_up_reorganised_nonces(transactions, nonce)
            self.work.allow(observed, self._sent.spent)
            try:
                self._send(transactions, observed, nonce)
            except (NonceTaken, Underpriced) as error:
                overtaken += 1
                if overtaken > _MOST_OVERTAKEN_ROUNDS:
                    raise
                self.report(f"{error}; looking again")
            except TransactionReverted as error:
                refused += 1
                if refused > _MOST_REFUSED_ROUNDS:
                    raise
                self.report(f"{error}; looking again")

    def _use_up_reorganised_nonces(
        self, transactions: Sequence[WalletTransaction], first: int
    ) -> Sequence[WalletTransaction]:
        """The round, or what must come before it pays anything.

        A payment that a reorganisation took back may lie in some node's memory, with a nonce that is still to come.
        """
        last = self._sent.last_payment
        pays = any(transaction.xdai_wei or transaction.wxhopr_wei for transaction in transactions)
        return [UseUpNonce(self._wallet)] * (last + 1 - first) if pays and last > first else transactions

    def _observe(self) -> ObservedPool:
        """Looks, and again while the server that answers lags behind the one that told what became of our work."""
        newest = self._sent.newest_block
        deadline = time.monotonic() + self._pace.patience_s
        while (observed := observe(self.chain, self.work.desired, self._sent.eligible)).block.number < newest:
            if time.monotonic() > deadline:
                raise RpcUnavailable(
                    f"{self.chain.label} shows block {observed.block.number} as its newest, after it told of a "
                    f"transaction in block {newest}: a server behind it lags; run again later, or use another endpoint"
                )
            time.sleep(self._pace.poll_s)
        return observed

    def _send(self, transactions: Sequence[WalletTransaction], observed: ObservedPool, first: int) -> None:
        """Sends one round from this nonce on, without waiting in between, and waits until all of it is mined."""
        signers = self.signers()
        sent: list[SignedTransaction] = []
        failure: IdentityError | None = None
        for position, transaction in enumerate(transactions):
            signed = self._sign(signers, transaction, observed, first + position, is_first=position == 0)
            self._sent.record_intent(transaction, signed)
            self.report(f"{transaction.summary}: transaction {signed.hash}, nonce {signed.nonce}")
            try:
                submit(self.chain, signed)
            except (NonceTaken, Underpriced, RpcRejected) as error:
                self._sent.record_rejection(signed)
                failure = error
                break
            sent.append(signed)
        receipts = await_receipts(self.chain, self._wallet, sent, self._pace)
        self._sent.record_receipts(receipts)
        for transaction, signed, receipt in zip(transactions, sent, receipts, strict=False):
            if not receipt.succeeded:
                why = self._why(signed.call, self.chain.block(receipt.block_number - 1))
                raise TransactionReverted(f"{transaction.summary}: {signed.hash} was refused on chain: {why}")
        if failure:
            raise failure

    def _sign(
        self, signers: Signers, transaction: WalletTransaction, observed: ObservedPool, nonce: int, *, is_first: bool
    ) -> SignedTransaction:
        call = transaction.call(signers)
        # Nobody can estimate what builds on a transaction that is not mined yet.
        gas_limit = self._gas_limit(transaction, call, observed) if is_first else self._expected_gas_limit(transaction)
        fees = fees_at(observed.block.base_fee_wei, self.chain_settings)
        if (pending := self._earlier.pending_fees(nonce)) and (enough := outbid(pending, self.chain_settings)):
            fees = Fees(max(fees.max_fee_wei, enough.max_fee_wei), max(fees.priority_fee_wei, enough.priority_fee_wei))
        return sign(
            signers.wallet, self.work.desired.network.chain_id, call, nonce=nonce, gas_limit=gas_limit, fees=fees
        )

    def _expected_gas_limit(self, transaction: WalletTransaction) -> int:
        """The gas limit that sums and spending limits count with."""
        return gas.limit(transaction.gas, self.chain_settings.block_gas_limit)

    def _gas_limit(self, transaction: WalletTransaction, call: Call, observed: ObservedPool) -> int:
        """The limit that was foreseen, or what the endpoint estimates, as far as that may be spent too."""
        try:
            estimate = self.chain.estimate_gas(self._wallet, call.target, call.data, call.value_wei)
        except CallReverted as error:
            self._stop_if_a_paid_node_runs_code(transaction)
            why = self._why(call, observed.block)
            raise TransactionReverted(f"{transaction.summary}: not sent, it would fail: {why}") from error
        foreseen = self._expected_gas_limit(transaction)
        needed = min(estimate * (100 + _ESTIMATE_MARGIN_PERCENT) // 100, self.chain_settings.block_gas_limit)
        if needed <= foreseen:
            return foreseen
        self._stop_if_a_paid_node_runs_code(transaction)
        self.work.allow(observed, self._sent.spent + Sum((needed - foreseen) * self.chain_settings.max_fee_gwei * GWEI))
        return needed

    def _stop_if_a_paid_node_runs_code(self, transaction: WalletTransaction) -> None:
        """A node is an account with a key. Where it runs code (EIP-7702), that decides what becomes of a payment."""
        names = {identity.node: identity.name for identity in self.work.desired.identities}
        with_code = sorted(node for node in transaction.paid_nodes if self.chain.code(node))
        if with_code:
            raise PaidNodeRunsCode([Problem(names.get(node, node), _RUNS_CODE.format(node)) for node in with_code])

    def _stop_if_not_converging(self, transactions: Sequence[WalletTransaction], observed: ObservedPool) -> None:
        """A contract of another version, or somebody who undoes the work, must not make us pay gas for ever."""
        for transaction in transactions:
            again = transaction.changed_safes & self._sent.changed.keys()
            if any(is_included(self.chain, observed.block, self._sent.changed[name]) for name in again):
                raise NotConverging(
                    f"{', '.join(sorted(again))}: the transactions were mined, but the Safe or its module is still not "
                    "as wanted: somebody changed it, or the network's contracts are of another version; run again, "
                    "and if that does not help, look at the Safe"
                )

    def _final(self, observed: ObservedPool) -> bool:
        """Whether the state that was seen is final: its block as deep as configured, and still part of the chain."""
        self.report(f"waiting for {self.chain_settings.confirmations} confirmation(s) of block {observed.block.number}")
        if wait_for_confirmations(self.chain, observed.block, self.chain_settings, self._pace):
            return True
        self.report("a reorganisation replaced the block; looking again")
        self._sent.drop_reorganised_receipts()
        return False

    def _why(self, call: Call, at: Block) -> str:
        """Why a call failed at this block, as far as the endpoint tells."""
        try:
            found = reason_of_failure(self.chain, self._wallet, call, at)
        except ChainError:
            return "the endpoint does not tell why"
        return found or "nothing that shows afterwards; it may have run out of gas"
