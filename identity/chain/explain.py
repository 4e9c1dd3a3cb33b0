"""Determines why a transaction fails: Multicall3 and Safe both hide the revert reason of an inner call."""

import bisect

from eth_utils.address import to_checksum_address

from identity.chain.client import Block, ChainClient
from identity.errors import CallReverted, RpcRejected
from identity.evm.calls import Call, unpack_multi_send
from identity.evm.contracts import MULTI_SENDER, MULTICALL, MULTICALL3, SAFE
from identity.evm.reverts import explain_revert

_HIDES_THE_REASON = "GS013"


def reason_of_failure(chain: ChainClient, wallet: str, call: Call, at: Block) -> str | None:
    """Return the revert reason of the innermost failing call, or None if the call succeeds at this block."""
    if call.target == MULTICALL3:
        return _in_batch(chain, wallet, call, at)
    return _of_call(chain, wallet, call, at)


def _in_batch(chain: ChainClient, wallet: str, batch: Call, at: Block) -> str | None:
    """Search the shortest failing prefix of the batch, then run it with failures allowed to read the last reason.

    The whole batch with failures allowed does not work: a CREATE2 onto an address with code burns all remaining gas.
    """
    (calls,) = MULTICALL.decode_input("aggregate3Value", batch.data)

    def attempt(count: int, *, allow_failure: bool) -> bytes:
        part = [(to, allow_failure, value, data) for to, _, value, data in calls[:count]]
        value_wei = sum(value for _, _, value, _ in part)
        data = MULTICALL.encode("aggregate3Value", part)
        return chain.call(MULTICALL3, data, at=at, sender=wallet, value_wei=value_wei)

    def fails(count: int) -> bool:
        try:
            attempt(count, allow_failure=False)
        except RpcRejected:
            return True
        return False

    if not fails(len(calls)):
        return None
    shortest = bisect.bisect_left(range(1, len(calls)), True, key=fails) + 1
    data, target = calls[shortest - 1][3], to_checksum_address(calls[shortest - 1][0])
    _, reply = MULTICALL.decode("aggregate3Value", attempt(shortest, allow_failure=True))[-1]
    reason = explain_revert(reply)
    inner = _in_safe(chain, target, data, at) if _HIDES_THE_REASON in reason else None
    return f"{inner or reason} (call {shortest} of {len(calls)}, of {target})"


def _in_safe(chain: ChainClient, safe: str, data: bytes, at: Block) -> str | None:
    """Try the calls inside a Safe transaction one by one, as the Safe."""
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
