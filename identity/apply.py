"""Makes a pool what is wanted: look, plan, send, look again, until nothing is missing and all of it is confirmed.

Why nothing is paid twice, whenever this is killed and however often it is started:

* It keeps no memory: each round starts from what the chain shows at one block. The wallet's transaction count of that
  very block is the nonce of the round's first transaction. A payment that does not ride with the making of its
  identity is always that first transaction (`plan`). So it is a compare-and-swap: it can be mined only if no other
  transaction of the wallet was mined since the balances were read. An older payment still floating about, in whatever
  node's memory, has a nonce that is used up by then, or competes for the same one: one of the two is mined, never both.
* A batch that makes or first configures an identity succeeds once, because the Safe's address and its nonce 0 are
  used once. wxHOPR that a batch pays comes through the operator Safe, whose nonce was read in the same look.
* A reply that is lost leads to the same bytes being sent again, never to a new transaction.

At the start it waits until nothing of the wallet is in line; that is for peace, not for safety.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from config.chain import Chain
from identity import gas
from identity.calls import Call, Signers
from identity.chain import Block, ChainClient, Receipt
from identity.errors import CallReverted, ChainError, NonceTaken, NotConverging, TransactionError, TransactionReverted
from identity.explain import reason_of_failure
from identity.observe import ObservedPool, look
from identity.plan import plan
from identity.preflight import require
from identity.sending import Pace, await_receipts, confirmed, settle, submit
from identity.transactions import Batch, ForceSync, Transaction
from identity.wallet import SignedTransaction, fees_at, sign
from identity.wanted import WantedPool

_MOST_FRUITLESS_ROUNDS = 5
_ESTIMATE_MARGIN_PERCENT = 20
_wallet_locks: dict[str, threading.Lock] = {}
_locks_lock = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """The pool as it is now, and every transaction that was mined for it."""

    observed: ObservedPool
    receipts: tuple[Receipt, ...]


def apply(
    chain: ChainClient,
    signers: Callable[[], Signers],
    wanted: WantedPool,
    limits: Chain,
    *,
    known_eligible: Collection[str] = (),
    report: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Does what is missing and returns when it is confirmed; sends nothing when nothing is.

    Raises PlanRefused or PreflightFailed before anything is sent, and TransactionError or ChainError when it cannot go
    on; calling it again then continues. `signers` is asked only when something must be sent. `report` gets a sentence
    for each step.
    """
    chain.expect_chain(wanted.network.chain_id, wanted.network.name)
    with _lock_of(wanted.wallet):
        return _Run(chain, signers, wanted, limits, set(known_eligible), report).until_done()


@dataclass
class _Run:
    chain: ChainClient
    signers: Callable[[], Signers]
    wanted: WantedPool
    limits: Chain
    eligible: set[str]
    report: Callable[[str], None]

    def __post_init__(self) -> None:
        self.pace = Pace(self.limits)
        self.receipts: list[Receipt] = []
        self.set_up: dict[str, Receipt] = {}

    def until_done(self) -> Outcome:
        fruitless, checked = 0, False
        while True:
            settle(self.chain, self.wanted.wallet, self.pace)
            observed = look(self.chain, self.wanted, self.eligible)
            transactions = plan(self.wanted, observed, self.limits.block_gas_limit)
            if not transactions:
                if not self.receipts or self._confirmed(observed):
                    return Outcome(observed, tuple(self.receipts))
                continue
            self._stop_if_not_converging(transactions)
            if not checked:
                require(self.chain, self.wanted, observed, self.limits)
                checked = True
            try:
                self._do(transactions, observed)
            except (NonceTaken, TransactionReverted) as error:
                fruitless += 1
                if fruitless > _MOST_FRUITLESS_ROUNDS:
                    raise
                self.report(f"{error}; looking again")

    def _do(self, transactions: Sequence[Transaction], observed: ObservedPool) -> None:
        """Sends one round, without waiting in between, and waits until all of it is mined."""
        signers = self.signers()
        sent: list[SignedTransaction] = []
        failure: TransactionError | None = None
        for position, transaction in enumerate(transactions):
            signed = self._sign(signers, transaction, observed, position)
            self.report(f"{transaction.summary}: transaction {signed.hash}, nonce {signed.nonce}")
            sent.append(signed)
            try:
                submit(self.chain, signed)
            except NonceTaken as error:
                failure = error
                sent.pop()
                break
        receipts = await_receipts(self.chain, self.wanted.wallet, sent, self.pace)
        self.receipts += receipts
        for transaction, signed, receipt in zip(transactions, sent, receipts, strict=False):
            if not receipt.succeeded:
                why = self._why(signed.call, self.chain.block(receipt.block_number - 1))
                raise TransactionReverted(f"{transaction.summary}: {signed.hash} was refused on chain: {why}")
            if isinstance(transaction, Batch):
                self.set_up |= dict.fromkeys(transaction.changed_safes, receipt)
            if isinstance(transaction, ForceSync):
                self.eligible |= {identity.safe for identity in transaction.identities}
        if failure:
            raise failure

    def _sign(
        self, signers: Signers, transaction: Transaction, observed: ObservedPool, position: int
    ) -> SignedTransaction:
        call = transaction.call(signers)
        gas_limit = gas.limit(transaction.gas, self.limits.block_gas_limit)
        if position == 0:  # later ones build on this one, nobody can estimate them yet
            try:
                estimate = self.chain.estimate_gas(self.wanted.wallet, call.target, call.data, call.value_wei)
            except CallReverted as error:
                why = self._why(call, observed.block)
                raise TransactionReverted(f"{transaction.summary}: not sent, it would fail: {why}") from error
            with_margin = estimate * (100 + _ESTIMATE_MARGIN_PERCENT) // 100
            gas_limit = max(gas_limit, min(with_margin, self.limits.block_gas_limit))
        return sign(
            signers.wallet,
            self.wanted.network.chain_id,
            call,
            nonce=observed.wallet.transaction_count + position,
            gas_limit=gas_limit,
            fees=fees_at(observed.block.base_fee_wei, self.limits),
        )

    def _stop_if_not_converging(self, transactions: Sequence[Transaction]) -> None:
        """A contract of another version, or somebody who undoes the work, must not make us pay gas for ever."""
        for transaction in transactions:
            again = transaction.changed_safes & self.set_up.keys() if isinstance(transaction, Batch) else set()
            if any(self._is_mined(self.set_up[name]) for name in again):
                raise NotConverging(
                    f"{', '.join(sorted(again))}: the transactions were mined, but the Safe or its module is still not "
                    "as wanted: somebody changed it, or the network's contracts are of another version; run again, "
                    "and if that does not help, look at the Safe"
                )

    def _confirmed(self, observed: ObservedPool) -> bool:
        """Whether the state that was seen is final: its block as deep as configured, and still part of the chain."""
        self.report(f"waiting for {self.limits.confirmations} confirmation(s) of block {observed.block.number}")
        if confirmed(self.chain, observed.block, self.limits, self.pace):
            return True
        self.report("a reorganisation replaced the block; looking again")
        self.receipts = [receipt for receipt in self.receipts if self._is_mined(receipt)]
        return False

    def _is_mined(self, receipt: Receipt) -> bool:
        """Whether no reorganisation has taken this transaction back."""
        return self.chain.receipt(receipt.transaction_hash) is not None

    def _why(self, call: Call, at: Block) -> str:
        """Why a call failed at this block, as far as the endpoint tells."""
        try:
            found = reason_of_failure(self.chain, self.wanted.wallet, call, at)
        except ChainError:
            return "the endpoint does not tell why"
        return found or "nothing that shows afterwards; it may have run out of gas"


def _lock_of(wallet: str) -> threading.Lock:
    """One at a time for each wallet in this process: Pulumi makes four calls of a provider at once."""
    with _locks_lock:
        return _wallet_locks.setdefault(wallet, threading.Lock())
