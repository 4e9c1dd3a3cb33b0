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
  it are used up first. (A run that is killed in that very moment forgets it: docs/faults.md, known limits.)
* A reply that is lost leads to the same bytes being sent again. Only a transaction of ours that pays too little to be
  mined is followed by another one, and that one has the same nonce.

Runs on one machine wait for each other (`journal`), and each waits at its start until nothing of the wallet is in line:
that is for peace, not for safety.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from config.chain import Chain
from identity.chain.client import Block, ChainClient, Receipt
from identity.chain.explain import reason_of_failure
from identity.errors import (
    CallReverted,
    ChainError,
    IdentityError,
    NonceTaken,
    NotConverging,
    RpcRejected,
    RpcUnavailable,
    TransactionReverted,
    Underpriced,
)
from identity.evm import gas
from identity.evm.calls import Call, Signers
from identity.look.observe import ObservedPool, look
from identity.look.wanted import WantedPool
from identity.sending.delivery import Pace, await_receipts, confirmed, is_mined, settle, shows, submit
from identity.sending.earlier import Earlier
from identity.sending.journal import Intent, Journal, Outcome
from identity.sending.spending import Sum
from identity.sending.wallet import Fees, SignedTransaction, fees_at, outbid, sign
from identity.sending.wallet_transaction import UseUp, WalletTransaction

_MOST_REFUSED_ROUNDS = 5
_MOST_OVERTAKEN_ROUNDS = 50
_ESTIMATE_MARGIN_PERCENT = 20


@dataclass(frozen=True)
class Work:
    """What is to be done for a pool: how the next round is found, and what must be so before one is sent.

    `next_round` is pure and returns nothing when nothing is missing. `allow` gets the look and what was spent so far;
    it raises where no round must be sent.
    """

    wanted: WantedPool
    next_round: Callable[[ObservedPool], Sequence[WalletTransaction]]
    allow: Callable[[ObservedPool, Sum], None]


@dataclass(frozen=True)
class Done:
    """The pool as it is now, and every transaction that was mined for it."""

    observed: ObservedPool
    receipts: tuple[Receipt, ...]


@dataclass
class Rounds:
    """One run of some work. `signers` is asked only when something must be sent; `report` gets a sentence a step."""

    chain: ChainClient
    signers: Callable[[], Signers]
    work: Work
    limits: Chain
    journal: Journal
    eligible: Collection[str]
    report: Callable[[str], None]

    def __post_init__(self) -> None:
        self._wallet = self.work.wanted.wallet
        self._pace = Pace(self.limits)
        self._eligible = set(self.eligible)
        self._receipts: list[Receipt] = []
        self._changed: dict[str, Receipt] = {}
        self._payments: list[int] = []
        self._earlier = Earlier(self.chain, self.journal, self._wallet, self.limits, self.report)
        self._spent = Sum()

    def until_done(self) -> Done:
        """Returns when nothing is missing and that is final; raises what keeps it from going on."""
        with self.journal.alone(self.report):
            return self._until_done()

    def _until_done(self) -> Done:
        refused = overtaken = 0
        while True:
            self._earlier.settle()
            settle(self.chain, self._wallet, self._pace, self._earlier.may_outbid)
            observed = self._look()
            transactions = self.work.next_round(observed)
            if not transactions:
                if not self._receipts or self._final(observed):
                    return Done(observed, tuple(self._receipts))
                continue
            self._stop_if_not_converging(transactions, observed)
            nonce = self.chain.transaction_count(self._wallet, observed.block)
            transactions = self._after_what_was_taken_back(transactions, nonce)
            self.work.allow(observed, self._spent)
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

    def _after_what_was_taken_back(
        self, transactions: Sequence[WalletTransaction], first: int
    ) -> Sequence[WalletTransaction]:
        """The round, or what must come before it pays anything.

        A payment that a reorganisation took back may lie in some node's memory, with a nonce that is still to come.
        """
        last = max(self._payments, default=0)
        pays = any(transaction.xdai_wei or transaction.wxhopr_wei for transaction in transactions)
        return [UseUp(self._wallet)] * (last + 1 - first) if pays and last > first else transactions

    def _look(self) -> ObservedPool:
        """Looks, and again while the server that answers lags behind the one that told what became of our work."""
        newest = max((receipt.block_number for receipt in self._receipts), default=0)
        deadline = time.monotonic() + self._pace.patience_s
        while (observed := look(self.chain, self.work.wanted, self._eligible)).block.number < newest:
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
            signed = self._sign(signers, transaction, observed.block, first + position, is_first=position == 0)
            if transaction.pays_by_nonce_alone:
                self._payments.append(signed.nonce)
            self.journal.intend(Intent.of(transaction, signed))
            self.report(f"{transaction.summary}: transaction {signed.hash}, nonce {signed.nonce}")
            sent.append(signed)
            try:
                submit(self.chain, signed)
            except (NonceTaken, Underpriced, RpcRejected) as error:
                self.journal.settle(signed.hash, Outcome.NOT_ACCEPTED)
                failure = error
                sent.pop()
                break
        receipts = await_receipts(self.chain, self._wallet, sent, self._pace)
        for transaction, signed, receipt in zip(transactions, sent, receipts, strict=False):
            self._note(transaction, signed, receipt)
        for transaction, signed, receipt in zip(transactions, sent, receipts, strict=False):
            if not receipt.succeeded:
                why = self._why(signed.call, self.chain.block(receipt.block_number - 1))
                raise TransactionReverted(f"{transaction.summary}: {signed.hash} was refused on chain: {why}")
        if failure:
            raise failure

    def _note(self, transaction: WalletTransaction, signed: SignedTransaction, receipt: Receipt) -> None:
        self.journal.settle(signed.hash, Outcome.MINED if receipt.succeeded else Outcome.REFUSED)
        self._receipts.append(receipt)
        self._spent += Sum(receipt.gas_used * receipt.gas_price_wei)
        if receipt.succeeded:
            self._spent += Sum(transaction.xdai_wei, transaction.wxhopr_wei)
            self._changed |= dict.fromkeys(transaction.changed_safes, receipt)
            self._eligible |= transaction.announced_safes

    def _sign(
        self, signers: Signers, transaction: WalletTransaction, at: Block, nonce: int, *, is_first: bool
    ) -> SignedTransaction:
        call = transaction.call(signers)
        gas_limit = gas.limit(transaction.gas, self.limits.block_gas_limit)
        if is_first:  # later ones build on this one, nobody can estimate them yet
            try:
                estimate = self.chain.estimate_gas(self._wallet, call.target, call.data, call.value_wei)
            except CallReverted as error:
                why = self._why(call, at)
                raise TransactionReverted(f"{transaction.summary}: not sent, it would fail: {why}") from error
            with_margin = estimate * (100 + _ESTIMATE_MARGIN_PERCENT) // 100
            gas_limit = max(gas_limit, min(with_margin, self.limits.block_gas_limit))
        fees = fees_at(at.base_fee_wei, self.limits)
        if (in_line := self._earlier.fees_in_line(nonce)) and (enough := outbid(in_line, self.limits)):
            fees = Fees(max(fees.max_fee_wei, enough.max_fee_wei), max(fees.priority_fee_wei, enough.priority_fee_wei))
        return sign(
            signers.wallet, self.work.wanted.network.chain_id, call, nonce=nonce, gas_limit=gas_limit, fees=fees
        )

    def _stop_if_not_converging(self, transactions: Sequence[WalletTransaction], observed: ObservedPool) -> None:
        """A contract of another version, or somebody who undoes the work, must not make us pay gas for ever."""
        for transaction in transactions:
            again = transaction.changed_safes & self._changed.keys()
            if any(shows(self.chain, observed.block, self._changed[name]) for name in again):
                raise NotConverging(
                    f"{', '.join(sorted(again))}: the transactions were mined, but the Safe or its module is still not "
                    "as wanted: somebody changed it, or the network's contracts are of another version; run again, "
                    "and if that does not help, look at the Safe"
                )

    def _final(self, observed: ObservedPool) -> bool:
        """Whether the state that was seen is final: its block as deep as configured, and still part of the chain."""
        self.report(f"waiting for {self.limits.confirmations} confirmation(s) of block {observed.block.number}")
        if confirmed(self.chain, observed.block, self.limits, self._pace):
            return True
        self.report("a reorganisation replaced the block; looking again")
        self._receipts = [receipt for receipt in self._receipts if is_mined(self.chain, receipt)]
        return False

    def _why(self, call: Call, at: Block) -> str:
        """Why a call failed at this block, as far as the endpoint tells."""
        try:
            found = reason_of_failure(self.chain, self._wallet, call, at)
        except ChainError:
            return "the endpoint does not tell why"
        return found or "nothing that shows afterwards; it may have run out of gas"
