"""The one table of what contracts and RPC endpoints say when they refuse: name, and what it means here.

Sources: docs/protocol.md#contract-errors, the error codes of Safe 1.4.1, and the messages of Geth, Nethermind, Erigon,
Reth and anvil.
"""

from dataclasses import dataclass
from enum import Enum, auto

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")

_CONTRACT_ERRORS = {
    "TargetIsScoped()": "the module has a rule for this target already",
    "WithMembership()": "the node is in the module already",
    "NoMembership()": "the node is not in the module",
    "NodeHasSafe()": "the node is bound to a Safe already",
    "NodeNotModuleMember()": "the node is not in the Safe's module",
    "NodeAlreadyRegisterd(address)": "the node is registered on the network registry already",
    "CannotOperateForNode(address)": "only the Safe that the node is bound to may do this for it",
    "GloballyDisabledRegistry()": "the network registry is switched off",
    "GloballyEnabledRegistry()": "the network registry is switched on already",
    "NodeNotYetRegisterd(address)": "the node is not registered on the network registry",
    "NodeRegisterdToOtherAccount(address)": "the node is registered on the network registry for another Safe",
    "NotEnoughAllowanceToRegisterNode()": "the network does not let this Safe register a node: its stake is too low",
    "NotValidSafe()": "the node is not bound to this Safe",
    "NotValidSignatureFromNode()": "the signature is not the node's, or it was used before",
    "AlreadyInitialized()": "the module has its owner already",
    "SafeMultisendSameAddress()": "a module's Safe and its MultiSend must differ",
}
_PANICS = {0x12: "the network has no rule for stakes, so no Safe can register its node itself"}
_SELECTORS = {keccak(text=signature)[:4]: signature for signature in _CONTRACT_ERRORS}

_REVERT_TEXTS = {
    "GS000": "the Safe could not finish its setup",
    "GS010": "not enough gas for the Safe transaction",
    "GS013": "a call inside the Safe transaction failed",
    "GS020": "the Safe transaction lacks signatures",
    "GS026": "the signature is not an owner's, or the Safe's nonce has moved on (someone was first)",
    "GS102": "the module is enabled already",
    "GS200": "the Safe is set up already",
    "GS201": "a Safe cannot have fewer owners than signatures needed",
    "GS204": "this address is an owner already",
    "Create2 call failed": "there is a contract at this address already (someone was first)",
    "Could not create contract": "there is a contract at this address already (someone was first)",
    "Multicall3: call failed": "a call of the batch failed, so nothing of the batch was done",
    "ERC777: transfer amount exceeds balance": "the wallet has too little wxHOPR",
    "ERC20: transfer amount exceeds balance": "the wallet has too little wxHOPR",
    "ERC777: insufficient allowance": "the wallet lets its operator Safe spend too little wxHOPR",
    "ERC777: transfer amount exceeds allowance": "the wallet lets its operator Safe spend too little wxHOPR",
    "AccessControl: account": "the wallet does not have the role that this call needs",
}


def explain_revert(returned: bytes) -> str:
    """What a contract's revert data says: its name and, where known, what it means."""
    selector, content = returned[:4], returned[4:]
    if selector == _ERROR_STRING:
        return _with_meaning(_decoded("string", content))
    if selector == _PANIC:
        code = int.from_bytes(content[:32])
        return f"Panic(0x{code:02x})" + (f": {_PANICS[code]}" if code in _PANICS else "")
    if signature := _SELECTORS.get(selector):
        name = signature.partition("(")[0]
        argument = to_checksum_address(content[12:32]) if "(address)" in signature and len(content) >= 32 else ""
        return f"{name}({argument}): {_CONTRACT_ERRORS[signature]}"
    return f"unknown error 0x{selector.hex()}" if returned else "reverted without a reason"


def _decoded(abi_type: str, content: bytes) -> str:
    try:
        return str(decode([abi_type], content)[0])
    except (DecodingError, UnicodeDecodeError):
        return "reverted with an unreadable reason"


def _with_meaning(text: str) -> str:
    for known, meaning in _REVERT_TEXTS.items():
        if known in text:
            return f"{text}: {meaning}"
    return text


class Refusal(Enum):
    """Why an endpoint refused a request."""

    ALREADY_KNOWN = auto()
    NONCE_TOO_LOW = auto()
    REPLACED = auto()
    TIP_TOO_LOW = auto()
    FUNDS = auto()
    FEE_BELOW_BASE = auto()
    GAS_LIMIT = auto()
    REVERTED = auto()
    BUSY = auto()
    STATE_MISSING = auto()
    TOO_MUCH = auto()
    OTHER = auto()


@dataclass(frozen=True)
class _Wording:
    parts: tuple[str, ...]
    refusal: Refusal
    meaning: str


_WORDINGS = (
    _Wording(("already known", "alreadyknown", "known transaction", "already imported"), Refusal.ALREADY_KNOWN,
             "the endpoint has this transaction already"),
    _Wording(("nonce too low", "oldnonce", "nonce is too low", "invalid nonce"), Refusal.NONCE_TOO_LOW,
             "another transaction of the wallet came first"),
    _Wording(("replacement",), Refusal.REPLACED, "another transaction of the wallet with this nonce is waiting"),
    _Wording(("underpriced", "feetoolow", "tip too low"), Refusal.TIP_TOO_LOW,
             "the endpoint wants a higher tip, raise chain.priorityFeeGwei"),
    _Wording(("insufficient funds", "insufficientfunds", "sender doesn't have enough"), Refusal.FUNDS,
             "the wallet has too little xDai for the value and the gas"),
    _Wording(("less than block base fee", "max fee per gas", "feecap", "fee cap"), Refusal.FEE_BELOW_BASE,
             "the network's fee is above chain.maxFeeGwei"),
    _Wording(("exceeds block gas limit", "gas limit too high", "gaslimitexceeded", "exceeds transaction gas limit"),
             Refusal.GAS_LIMIT, "the transaction needs more gas than a block has, lower chain.blockGasLimit"),
    _Wording(("revert",), Refusal.REVERTED, "a contract refused"),
    _Wording(("exceeds defined limit",), Refusal.TOO_MUCH, "the endpoint finds the request too large"),
    _Wording(("too many requests", "rate limit", "limit exceeded"), Refusal.BUSY, "the endpoint limits requests"),
    _Wording(("timed out", "timeout"), Refusal.BUSY, "the endpoint ran out of time"),
    _Wording(("header not found", "missing trie node", "unknown block", "block not found", "blocknotfound",
              "resource not found", "no state available"), Refusal.STATE_MISSING,
             "the endpoint lags behind or has dropped this state"),
    _Wording(("out of gas", "too large", "range", "more than"), Refusal.TOO_MUCH,
             "the endpoint finds the request too large"),
)  # fmt: skip


def classify(rpc_message: str) -> tuple[Refusal, str]:
    """Which refusal a JSON-RPC error message is, and what it means ('' where it is not in the table)."""
    lowered = rpc_message.lower()
    for wording in _WORDINGS:
        if any(part in lowered for part in wording.parts):
            return wording.refusal, wording.meaning
    return Refusal.OTHER, ""
