"""Delivers signed transactions: sends, waits, and distinguishes mined, reverted, replaced and lost transactions.

A transaction is only ever resent as the same bytes, so a lost reply never leads to a second transaction.
"""

import logging
import time
from collections.abc import Callable, Sequence

from config.models.chain import ChainSettings
from identity.chain.client import Block, ChainClient, Receipt
from identity.errors import NonceTaken, RpcRejected, RpcUnavailable, TransactionPending, Underpriced
from identity.evm.reverts import Refusal, classify
from identity.submission.wallet import GWEI, SignedTransaction

_log = logging.getLogger(__name__)

_PATIENCE_S = 120
_PATIENCE_BLOCKS = 30
LAG_POLLS = 5
"""Polls without a receipt before it counts as absent: servers behind one URL may lag behind each other."""


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


def submit(chain: ChainClient, transaction: SignedTransaction) -> None:
    """Send once. A lost reply is not an error: `await_receipts` determines the outcome.

    Raise NonceTaken, Underpriced or RpcRejected.
    """
    try:
        chain.send(transaction.raw)
    except RpcUnavailable as error:
        _log.info("no reply to transaction %s, nonce %d: %s", transaction.hash, transaction.nonce, error)
        return
    except RpcRejected as error:
        refusal, _ = classify(error.rpc_message)
        if refusal is Refusal.ALREADY_KNOWN:
            return
        if refusal is Refusal.NONCE_TOO_LOW and chain.receipt(transaction.hash):
            return
        if refusal in (Refusal.NONCE_TOO_LOW, Refusal.REPLACED):
            raise _nonce_taken(transaction) from None
        if refusal is Refusal.FEE_BELOW_BASE:
            raise Underpriced(f"{_describe_offer(transaction)}, below the network's current base fee") from None
        raise


def await_receipts(chain: ChainClient, wallet: str, sent: Sequence[SignedTransaction], pace: Pace) -> list[Receipt]:
    """Wait until all transactions are mined, whether they succeeded or reverted; return their receipts in order.

    Raise NonceTaken if one can never be mined, Underpriced if one offers less than the base fee, and
    TransactionPending after a while.
    """
    receipts: dict[str, Receipt] = {}
    now = time.monotonic()
    deadline, rebroadcast_at, outbid_at = now + pace.patience_s, now + pace.rebroadcast_s, now + pace.outbid_s
    polls_behind = 0
    while True:
        mined_count = chain.latest_transaction_count(wallet)  # read before the receipts, so that those are never older
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
                f"transaction {missing[0].hash} (nonce {missing[0].nonce}) is not mined after {pace.patience_s:.0f} s; "
                "nothing is lost: run again to continue from the state of the chain"
            )
        if time.monotonic() > outbid_at:
            _stop_if_underpriced(chain, missing[0])
            outbid_at = time.monotonic() + pace.outbid_s
        if time.monotonic() > rebroadcast_at:
            _rebroadcast(chain, missing)
            rebroadcast_at = time.monotonic() + pace.rebroadcast_s
        time.sleep(pace.poll_s)


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


def _rebroadcast(chain: ChainClient, transactions: Sequence[SignedTransaction]) -> None:
    for transaction in transactions:
        try:
            chain.send(transaction.raw)
        except (RpcUnavailable, RpcRejected):
            continue  # known, mined or overtaken: the next poll shows which


def _nonce_taken(transaction: SignedTransaction) -> NonceTaken:
    return NonceTaken(
        f"another transaction used nonce {transaction.nonce} of the wallet before {transaction.hash}: another program "
        "or person is sending from this wallet"
    )
