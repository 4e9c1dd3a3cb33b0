"""The endpoint's opinion on a transaction before it is sent: how much gas it needs, or why it would fail."""

from identity.chain.client import Block, ChainClient
from identity.chain.explain import reason_of_failure
from identity.errors import ChainError
from identity.evm.calls import Call

_ESTIMATE_MARGIN_PERCENT = 20


def estimated_gas_limit(chain: ChainClient, wallet: str, call: Call, most: int, expected: int) -> int:
    """Return the estimate with a margin, at most `most`; the expected limit if the endpoint cannot estimate.

    Raise CallReverted or RequestTooLarge if the call would fail.
    """
    estimate = chain.estimate_gas(wallet, call.target, call.data, call.value_wei)
    if estimate is None:
        chain.simulate(wallet, call.target, call.data, call.value_wei, expected)
        return expected
    return min(estimate * (100 + _ESTIMATE_MARGIN_PERCENT) // 100, most)


def explain_failure(chain: ChainClient, wallet: str, call: Call, at: Block) -> str:
    """Return why a call failed at this block, as far as the endpoint reports it."""
    try:
        found = reason_of_failure(chain, wallet, call, at)
    except ChainError:
        return "the endpoint does not report the reason"
    return found or "the reason cannot be reproduced; it may have run out of gas"
