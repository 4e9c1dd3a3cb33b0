"""The table of revert reasons, each with its meaning for this program.

Sources: docs/protocol.md#contract-errors and the error codes of Safe 1.4.1.
"""

from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from identity.evm.abi_decoding import decode_abi

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
_LONGEST_REASON = 300

_CONTRACT_ERRORS = {
    "TargetIsScoped()": "the module already has a rule for this target",
    "WithMembership()": "the node is already included in the module",
    "NoMembership()": "the node is not included in the module",
    "NodeHasSafe()": "the node is already bound to a Safe",
    "NodeNotModuleMember()": "the node is not included in the Safe's module",
    "NodeAlreadyRegisterd(address)": "the node is already registered on the network registry",
    "CannotOperateForNode(address)": "only the Safe that the node is bound to may do this for the node",
    "GloballyDisabledRegistry()": "the network registry is disabled",
    "GloballyEnabledRegistry()": "the network registry is already enabled",
    "NodeNotYetRegisterd(address)": "the node is not registered on the network registry",
    "NodeRegisterdToOtherAccount(address)": "the node is registered on the network registry for another Safe",
    "NotEnoughAllowanceToRegisterNode()": "the stake of this Safe is too low to register a node",
    "NotValidSafe()": "the node is not bound to this Safe",
    "NotValidSignatureFromNode()": "the signature is not the node's, or was used before",
    "AlreadyInitialized()": "the module is already initialized",
    "SafeMultisendSameAddress()": "a module's Safe and its MultiSend must be different addresses",
}
_PANICS = {0x12: "the network registry has no staking rule, so no Safe can register its own node"}
_SELECTORS = {keccak(text=signature)[:4]: signature for signature in _CONTRACT_ERRORS}

_REVERT_TEXTS = {
    "GS000": "the Safe could not finish its setup",
    "GS010": "not enough gas for the Safe transaction",
    "GS013": "a call inside the Safe transaction failed",
    "GS020": "the Safe transaction lacks signatures",
    "GS026": "the signature is not an owner's, or another transaction used the Safe's nonce first",
    "GS102": "the module is already enabled",
    "GS200": "the Safe is already set up",
    "GS201": "the threshold cannot exceed the number of owners",
    "GS204": "this address is already an owner",
    "Create2 call failed": "a contract already exists at this address (another transaction came first)",
    "Could not create contract": "a contract already exists at this address (another transaction came first)",
    "Multicall3: call failed": "a call of the batch failed, so the whole batch was reverted",
    "ERC777: transfer amount exceeds balance": "the wallet's wxHOPR balance is too low",
    "ERC20: transfer amount exceeds balance": "the wallet's wxHOPR balance is too low",
    "ERC777: insufficient allowance": "the allowance of the wallet for its operator Safe is too low",
    "ERC777: transfer amount exceeds allowance": "the allowance of the wallet for its operator Safe is too low",
    "AccessControl: account": "the wallet does not have the role that this call needs",
}


def explain_revert(returned: bytes) -> str:
    """Return the reason in a contract's revert data: its name and, if known, its meaning."""
    selector, content = returned[:4], returned[4:]
    if selector == _ERROR_STRING:
        return _append_meaning(_decoded("string", content))
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
        return str(decode_abi([abi_type], content)[0])[:_LONGEST_REASON]
    except DecodingError:
        return "reverted with an unreadable reason"


def _append_meaning(text: str) -> str:
    for known, meaning in _REVERT_TEXTS.items():
        if known in text:
            return f"{text}: {meaning}"
    return text
