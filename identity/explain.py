"""Finds out why a transaction would fail or has failed: Multicall3 and Safe both hide the reason of an inner call."""

from identity.calls import Call, unpack_multi_send
from identity.chain import Block, ChainClient
from identity.contracts import MULTI_SENDER, MULTICALL, MULTICALL3, SAFE
from identity.errors import CallReverted
from identity.reverts import explain_revert

_HIDES_THE_REASON = "GS013"


def reason_of_failure(chain: ChainClient, wallet: str, call: Call, at: Block) -> str | None:
    """What the innermost failing call says when the wallet makes this call at this block; None when it works there."""
    if call.target == MULTICALL3:
        return _in_batch(chain, wallet, call, at)
    return _of_call(chain, wallet, call, at)


def _in_batch(chain: ChainClient, wallet: str, batch: Call, at: Block) -> str | None:
    """Tries the batch with failures allowed, which shows the first call that fails."""
    (calls,) = MULTICALL.decode_input("aggregate3Value", batch.data)
    lenient = MULTICALL.encode("aggregate3Value", [(to, True, value, data) for to, _, value, data in calls])
    returned = chain.call(MULTICALL3, lenient, at=at, sender=wallet, value_wei=batch.value_wei)
    for (target, _, _, data), (succeeded, reply) in zip(
        calls, MULTICALL.decode("aggregate3Value", returned), strict=True
    ):
        if not succeeded:
            reason = explain_revert(reply)
            inner = _in_safe(chain, target, data, at) if _HIDES_THE_REASON in reason else None
            return f"{inner or reason} (call of {target})"
    return None


def _in_safe(chain: ChainClient, safe: str, data: bytes, at: Block) -> str | None:
    """Tries what a Safe transaction consists of, one by one, as the Safe."""
    if data[:4] != SAFE.selector("execTransaction"):
        return None
    packed = SAFE.decode_input("execTransaction", data)[2]
    (transactions,) = MULTI_SENDER.decode_input("multiSend", packed)
    for call in unpack_multi_send(transactions):
        if not call.delegate and (reason := _of_call(chain, safe, call, at)):
            return reason
    return None


def _of_call(chain: ChainClient, sender: str, call: Call, at: Block) -> str | None:
    try:
        chain.call(call.target, call.data, at=at, sender=sender, value_wei=call.value_wei)
    except CallReverted as error:
        return error.revert
    return None
