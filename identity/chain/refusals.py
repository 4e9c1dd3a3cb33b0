"""What the error of a JSON-RPC endpoint means. Pure.

Clients and providers word the same error in many ways, and change their words. So no list here is complete, and the
default is harmless: an unknown error is `OTHER`, and the request is made again until the patience ends. Only what is
certain to fail again is final. docs/rpc-errors.md lists real answers and their classes.
"""

import re
from dataclasses import dataclass

from identity.errors import Refusal

FINAL = frozenset({Refusal.REVERTED, Refusal.FUNDS, Refusal.GAS_LIMIT, Refusal.WRONG_CHAIN, Refusal.KEY})
"""Asking again does not help."""
ABOUT_SIZE = frozenset({Refusal.TOO_LARGE, Refusal.OUT_OF_GAS})
"""A smaller request may succeed."""

_REVERT_CODE = 3
_THROTTLE_CODES = (429, -32005, -32012, -32029, -32090)


@dataclass(frozen=True)
class _Wording:
    refusal: Refusal
    meaning: str
    pattern: re.Pattern[str]


def _wording(refusal: Refusal, meaning: str, *patterns: str) -> _Wording:
    return _Wording(refusal, meaning, re.compile("|".join(patterns), re.DOTALL))


# The first match counts. Messages are compared in lower case, with "_" as a space.
_WORDINGS = (
    _wording(
        Refusal.REVERTED,
        "a contract reverted",
        r"revert",
        r"invalid ?opcode",
        r"invalidfeopcode",
        r"bad instruction",
        r"(bad|invalid) jump",
        r"stack (under|over)flow",
    ),
    _wording(
        Refusal.ALREADY_KNOWN,
        "the endpoint already has this transaction",
        r"already ?known",
        r"\bknown transaction",
        r"already imported",
        r"same hash",
        r"(tx|txn|transaction) already (exists|in)",
        r"already in (the )?(mempool|pool|tx ?pool)",
    ),
    _wording(
        Refusal.NONCE_TOO_LOW,
        "another transaction of the wallet came first",
        r"nonce (is )?too low",
        r"nonce too small",
        r"old ?nonce",
        r"nonce has already been used",
    ),
    _wording(
        Refusal.NONCE_TOO_HIGH,
        "the endpoint does not have the wallet's earlier transaction yet",
        r"nonce ?gap",
        r"future ?nonce",
        r"nonce ?(is )?too ?high",
        r"nonce too (far|distant|large)",
        r"nonce too far in future",
    ),
    _wording(
        Refusal.POOL_FULL,
        "the endpoint's transaction pool is full",
        r"pool is full",
        r"pool (limit|overflow)",
        r"too ?low ?to ?compete",
        r"queue is full",
        r"discarded due to (pool )?limit",
    ),
    _wording(
        Refusal.REPLACED,
        "another transaction of the wallet is pending with this nonce",
        r"replacement",
        r"could not replace",
        r"too low to replace",
    ),
    _wording(
        Refusal.FEE_BELOW_BASE,
        "the base fee is above chain.maxFeeGwei",
        r"less than (block )?base ?fee",
        r"below (current )?(block )?base ?fee",
        r"max fee per gas",
        r"fee ?cap",
    ),
    _wording(
        Refusal.TIP_TOO_LOW,
        "the endpoint requires a higher priority fee: raise chain.priorityFeeGwei",
        r"underpriced",
        r"fee ?too ?low",
        r"(tip|gas price|priority fee)( is)? too low",
        r"below configured minimum",
    ),
    _wording(
        Refusal.FUNDS,
        "the wallet's xDai balance is too low for the value and the gas",
        r"insufficient ?(funds|balance)",
        r"(doesn't|does not) have enough",
        r"not enough (funds|balance)",
        r"upfront cost exceeds",
    ),
    _wording(
        Refusal.GAS_LIMIT,
        "the transaction needs more gas than the endpoint allows: lower chain.blockGasLimit",
        r"exceeds (the )?(block|transaction|max transaction) gas ?limit",
        r"gas ?limit (is )?(too high|exceeded)",
        r"gaslimitexceeded",
        r"gas limit is greater than",
    ),
    _wording(
        Refusal.WRONG_CHAIN,
        "the endpoint serves another chain",
        r"(invalid|wrong|incorrect|unsupported|mismatched?) ?chain ?id",
        r"chain ?id (mismatch|does not match|is invalid)",
        r"invalid sender",
        r"wrong chain",
    ),
    _wording(
        Refusal.KEY,
        "check chain.rpcUrl and its key",
        r"must (be )?authenticate",
        r"unauthori[sz]ed",
        r"invalid (api ?key|project id|access token|token)",
        r"api ?key (disabled|is invalid|does not exist|not found|is not allowed)",
    ),
    _wording(
        Refusal.LAG,
        "the endpoint lags behind or has pruned this state",
        r"header (for hash )?not found",
        r"(block|header|hash|state|trie node)\b.{0,90}(not found|unknown|unavailable|is not (available|known))",
        r"could not be found",
        r"(unknown|missing|invalid|no such|non-?existent) (block|header|state|trie node)",
        r"blocknotfound",
        r"resource ?not ?found",
        r"(no|missing|historical) state",
        r"not (currently )?canonical",
        r"prun(ed|ing)",
        r"state histor",
        r"(beyond|after|ahead of|higher than|greater than) (the )?(current |latest |last )?(accepted )?(head|block)",
        r"block.{0,40}out ?of ?range",
        r"(cannot|could not|failed to|unable to) (find|get|load|resolve|fetch).{0,30}(block|header|state)",
        r"not yet (available|processed|imported)",
        r"unfinalized",
    ),
    _wording(
        Refusal.OUT_OF_GAS,
        "the call needs more gas than the endpoint gives",
        r"out ?of ?gas",
        r"gas required exceeds",
        r"exceeds? allowance",
        r"intrinsic ?gas",
    ),
    _wording(
        Refusal.THROTTLED,
        "the endpoint limits the number of requests",
        r"too many (requests|connections)",
        r"\brates?\b",
        r"rate.?limit",
        r"throttl",
        r"(per|a) ?(second|minute|day)\b|/ ?(s|sec|second|min|minute)\b",
        r"\brps\b",
        r"(request|requests|call|calls) limit",
        r"limit(ed)? .{0,20}(requests|calls)",
        r"compute units|\bcups?\b|\bquota\b|\bcredits?\b",
        r"capacity (limit )?exceeded|over capacity|monthly capacity",
        r"daily request",
        r"slow down",
    ),
    _wording(
        Refusal.TOO_LARGE,
        "the request is too large for the endpoint",
        r"execution aborted",
        r"query timeout",
        r"exceeds? (the )?(defined|max\w*|size|response|block range|result|log)",
        r"(size|range|results?|data|count|query|logs?|length|batch|parameters)\b.{0,40}"
        r"(exceed|too (large|big|wide|many|long)|is limited|limited to|limit of|should not|must not)",
        r"(exceed\w*|limited? (the query )?to|too (large|big|wide|many|long)|reduce|narrow|smaller|maximum|up to a?)"
        r".{0,40}\b(range|results?|response|size|batch|blocks|logs|length|body|payload|entity)\b",
        r"too (large|big)",
        r"ranges? over",
        r"more than [\d,]+",
        r"(request|response|result|payload|body|content|entity)( \w+)? (is )?too (large|big|long)",
        r"blocks? (distance|span)",
    ),
    _wording(Refusal.TIMED_OUT, "the endpoint timed out", r"timed? ?out", r"deadline exceeded", r"took too long"),
    _wording(Refusal.OTHER, "the endpoint is not synchronised", r"sync(h?ing|hronis|hroniz)", r"not synced"),
)


def classify(message: str, code: object = 0) -> tuple[Refusal, str]:
    """Return the kind of a JSON-RPC error and its meaning; OTHER for what is not known."""
    if code == _REVERT_CODE:
        return Refusal.REVERTED, _WORDINGS[0].meaning
    lowered = message.lower().replace("_", " ")
    for wording in _WORDINGS:
        if wording.pattern.search(lowered):
            return wording.refusal, wording.meaning
    if code in _THROTTLE_CODES:
        return Refusal.THROTTLED, "the endpoint limits the number of requests"
    return Refusal.OTHER, ""
