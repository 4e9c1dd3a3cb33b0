"""Delivers signed transactions: sends, waits, and distinguishes mined, reverted, replaced and lost transactions.

A transaction is only ever resent as the same bytes, so a lost reply never leads to a second transaction.
"""

import logging
import time
from collections.abc import Callable, Sequence

from config.models.chain import ChainSettings
from identity.chain.client import Block, ChainClient, Receipt
from identity.errors import NonceTaken, Refusal, RpcRejected, RpcUnavailable, TransactionPending, Underpriced
from identity.submission.wallet import GWEI, SignedTransaction

_log = logging.getLogger(__name__)

_PATIENCE_S = 120
_PATIENCE_BLOCKS = 30
LAG_POLLS = 5
"""Polls without a receipt before it counts as absent: servers behind one URL may lag behind each other."""
_LONGEST_REBROADCAST_S = 30.0
_DOUBTFUL = (Refusal.FEE_BELOW_BASE, Refusal.NONCE_TOO_LOW, Refusal.REPLACED)
"""Refusals that mean another transaction or another fee, unless the endpoint has the transaction all the same."""


class Pace:
    """Waiting times in seconds, derived from the chain's block time."""

    def __init__(self, chain_settings: ChainSettings) -> None:
        self.poll_s = min(max(chain_settings.block_time_s / 5, 0.05), 2.0)
        self.rebroadcast_s = max(2.0 * chain_settings.block_time_s, 0.5)
        self.outbid_s = max(3.0 * chain_settings.block_time_s, 1.0)
        self.patience_s = max(_PATIENCE_S, _PATIENCE_BLOCKS * chain_settings.block_time_s)


def wait_until_none_pending(chain: ChainClient, wallet: str, pace: Pace, may_outbid: Callable[[int], bool]) -> None:
    """Wait until no transaction of the wallet is pending, whoever sent it; raise TransactionPending after a while.

    Return early if the first one has been pending for some blocks and `may_outbid` allows its nonce to be outbid.
    """
    started = time.monotonic()
    while (waiting := chain.pending_transaction_count(wallet) - (nonce := chain.latest_transaction_count(wallet))) > 0:
        waited_s = time.monotonic() - started
        if waited_s > pace.outbid_s and may_outbid(nonce):
            return
        if waited_s > pace.patience_s:
            raise TransactionPending(
                f"wallet {wallet} has {waiting} transaction(s) pending since {pace.patience_s:.0f} s, the first with "
                f"nonce {nonce}: speed it up or cancel it with the wallet, then run again"
            )
        time.sleep(pace.poll_s)


def submit(chain: ChainClient, sender: str, transaction: SignedTransaction) -> None:
    """Send once. Whatever the endpoint answers, `await_receipts` determines the outcome, unless the answer is final.

    Raise NonceTaken, Underpriced or RpcRejected.
    """
    try:
        chain.send(transaction.raw)
    except RpcUnavailable as error:
        _log.info("transaction %s, nonce %d: %s", transaction.hash, transaction.nonce, error)
        if error.refusal in _DOUBTFUL and not chain.is_known(transaction.hash):
            if error.refusal is Refusal.FEE_BELOW_BASE:
                raise Underpriced(f"{_describe_offer(transaction)}, below the network's current base fee") from None
            if _is_nonce_in_use(chain, sender, transaction.nonce):
                raise _nonce_taken(transaction) from None


def _is_nonce_in_use(chain: ChainClient, sender: str, nonce: int) -> bool:
    return max(chain.latest_transaction_count(sender), chain.pending_transaction_count(sender)) > nonce


def await_receipts(chain: ChainClient, sender: str, sent: Sequence[SignedTransaction], pace: Pace) -> list[Receipt]:
    """Wait until all transactions are mined, whether they succeeded or reverted; return their receipts in order.

    Raise NonceTaken if one can never be mined, Underpriced if one offers less than the base fee, RpcRejected if the
    endpoint keeps refusing one, and TransactionPending after a while.
    """
    receipts: dict[str, Receipt] = {}
    rebroadcast = _Rebroadcast(chain, pace)
    now = time.monotonic()
    deadline, outbid_at = now + pace.patience_s, now + pace.outbid_s
    polls_behind = 0
    while True:
        mined_count = chain.latest_transaction_count(sender)  # read before the receipts, so that those are never older
        for transaction in sent:
            if transaction.hash not in receipts and (receipt := chain.receipt(transaction.hash)):
                receipts[transaction.hash] = receipt
        missing = [transaction for transaction in sent if transaction.hash not in receipts]
        if not missing:
            return [receipts[transaction.hash] for transaction in sent]
        overtaken = [transaction for transaction in missing if transaction.nonce < mined_count]
        polls_behind = polls_behind + 1 if overtaken else 0
        if polls_behind >= LAG_POLLS:
            raise _nonce_taken(overtaken[0])
        if time.monotonic() > deadline:
            raise TransactionPending(
                f"transaction {missing[0].hash} (nonce {missing[0].nonce}) is not mined after {pace.patience_s:.0f} s"
                f"{rebroadcast.answer}; nothing is lost: run again to continue from the state of the chain"
            )
        if time.monotonic() > outbid_at:
            _stop_if_underpriced(chain, missing[0])
            outbid_at = time.monotonic() + pace.outbid_s
        rebroadcast.if_due(missing)
        time.sleep(pace.poll_s)


class _Rebroadcast:
    """Sends the same bytes again, with growing pauses; raises RpcRejected if the endpoint never takes them."""

    def __init__(self, chain: ChainClient, pace: Pace) -> None:
        self.answer = ""
        """What the endpoint says, for an error; empty if it has the transactions."""
        self._chain = chain
        self._pause_s = pace.rebroadcast_s
        self._refused_since = time.monotonic()
        self._due_at = self._refused_since + self._pause_s

    def if_due(self, missing: Sequence[SignedTransaction]) -> None:
        """Send the missing transactions if the pause is over."""
        if time.monotonic() < self._due_at:
            return
        errors = [error for error in map(self._send, missing) if error]
        first, now = missing[0], time.monotonic()
        self.answer = ""
        if not errors or self._chain.is_known(first.hash):
            self._refused_since = now
            errors = []
        elif now - self._refused_since >= self._chain.patience_s:
            raise RpcRejected(
                f"{errors[0]}; transaction {first.hash} (nonce {first.nonce}) was sent again for "
                f"{now - self._refused_since:.0f} s, and the endpoint does not have it: run again later, or use "
                "another endpoint; nothing is paid twice"
            )
        else:
            self.answer = f" ({errors[0]})"
            self._chain.report(f"{errors[0]}; transaction {first.hash} is sent again")
        self._pause_s = min(2 * self._pause_s, max(self._pause_s, _LONGEST_REBROADCAST_S))
        asked_s = max((error.pause_s or 0.0 for error in errors if isinstance(error, RpcUnavailable)), default=0.0)
        self._due_at = now + max(self._pause_s, min(asked_s, self._chain.patience_s))

    def _send(self, transaction: SignedTransaction) -> RpcUnavailable | RpcRejected | None:
        """Return the error if the endpoint does not say that it has the transaction; the next poll shows its fate."""
        try:
            self._chain.send(transaction.raw)
        except RpcUnavailable as error:
            return None if error.refusal is Refusal.ALREADY_KNOWN else error
        except RpcRejected as error:
            return error
        return None


def wait_for_confirmations(chain: ChainClient, block: Block, chain_settings: ChainSettings, pace: Pace) -> bool:
    """Wait until a block has the configured confirmations; return False if a reorganisation replaced it meanwhile."""
    required_number = block.number + chain_settings.confirmations - 1
    deadline = time.monotonic() + pace.patience_s + 2 * chain_settings.confirmations * chain_settings.block_time_s
    while (head := chain.latest_block().number) < required_number:
        if time.monotonic() > deadline:
            raise TransactionPending(
                f"the chain's newest block is {head}, and {chain_settings.confirmations} confirmations need block "
                f"{required_number}; all transactions are mined: run again later, or lower chain.confirmations"
            )
        time.sleep(pace.poll_s)
    return chain.block(block.number).hash == block.hash


def is_included(chain: ChainClient, block: Block, receipt: Receipt) -> bool:
    """Return whether the state at this block includes a transaction; a reorganisation may have moved it later."""
    found = chain.receipt(receipt.transaction_hash)
    if found is None or found.block_number > block.number:
        return False
    return chain.block(block.number).hash == block.hash


def _stop_if_underpriced(chain: ChainClient, transaction: SignedTransaction) -> None:
    base_fee_wei = chain.latest_block().base_fee_wei
    if base_fee_wei > transaction.fees.max_fee_wei:
        raise Underpriced(f"{_describe_offer(transaction)}, and the base fee is {base_fee_wei / GWEI:.2f} gwei")


def _describe_offer(transaction: SignedTransaction) -> str:
    most_gwei = transaction.fees.max_fee_wei / GWEI
    return f"transaction {transaction.hash} (nonce {transaction.nonce}) offers at most {most_gwei:.2f} gwei"


def _nonce_taken(transaction: SignedTransaction) -> NonceTaken:
    return NonceTaken(
        f"another transaction used nonce {transaction.nonce} of the wallet before {transaction.hash}: another program "
        "or person is sending from this wallet"
    )
