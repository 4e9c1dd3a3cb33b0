"""The table of refusals: revert reasons of contracts, and the messages of all RPC clients."""

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from identity.chain.refusals import classify
from identity.errors import Refusal
from identity.evm.reverts import explain_revert

ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("e8c07d2a", "TargetIsScoped()"),
        ("e3a05a94", "WithMembership()"),
        ("fd8e9f28", "NoMembership()"),
        ("67dc3001", "NodeHasSafe()"),
        ("ba5d7eb0", "NodeNotModuleMember()"),
        ("5b533ba1" + "00" * 12 + ADDRESS[2:], f"NodeAlreadyRegisterd({ADDRESS})"),
        ("07414967" + "00" * 12 + ADDRESS[2:], f"CannotOperateForNode({ADDRESS})"),
        ("08c379a0" + encode(["string"], ["GS026"]).hex(), "GS026: the signature is not an owner's"),
        ("08c379a0" + encode(["string"], ["Create2 call failed"]).hex(), "another transaction came first"),
        ("4e487b71" + f"{0x12:064x}", "Panic(0x12): the network registry has no staking rule"),
        ("4e487b71" + f"{0x11:064x}", "Panic(0x11)"),
        ("12345678", "unknown error 0x12345678"),
        ("", "without a reason"),
    ],
)  # fmt: skip
def test_reverts_of_the_contracts_have_names(data: str, text: str) -> None:
    assert text in explain_revert(bytes.fromhex(data))


@given(st.binary(max_size=120), st.sampled_from([b"", bytes.fromhex("08c379a0"), bytes.fromhex("5b533ba1")]))
def test_any_bytes_are_explained_without_an_exception(data: bytes, selector: bytes) -> None:
    assert explain_revert(selector + data)


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ("already known", Refusal.ALREADY_KNOWN),
        ("AlreadyKnown", Refusal.ALREADY_KNOWN),
        ("nonce too low: next nonce 5, tx nonce 4", Refusal.NONCE_TOO_LOW),
        ("OldNonce, Current nonce: 5, nonce of rejected tx: 4", Refusal.NONCE_TOO_LOW),
        ("replacement transaction underpriced", Refusal.REPLACED),
        ("ReplacementNotAllowed", Refusal.REPLACED),
        ("transaction underpriced: gas tip cap 0, minimum needed 1000000000", Refusal.TIP_TOO_LOW),
        ("FeeTooLow, MaxFeePerGas too low", Refusal.TIP_TOO_LOW),
        ("limit exceeded: request exceeds defined limit", Refusal.TOO_LARGE),
        ("request timed out", Refusal.TIMED_OUT),
        ("insufficient funds for gas * price + value", Refusal.FUNDS),
        ("max fee per gas less than block base fee", Refusal.FEE_BELOW_BASE),
        ("exceeds block gas limit", Refusal.GAS_LIMIT),
        ("VM Exception: execution reverted", Refusal.REVERTED),
        ("project ID request rate exceeded: rate limit", Refusal.THROTTLED),
        ("missing trie node", Refusal.LAG),
        ("query exceeds max block range 10000", Refusal.TOO_LARGE),
        ("something new", Refusal.OTHER),
    ],
)
def test_the_messages_of_all_clients_are_classified(message: str, refusal: Refusal) -> None:
    assert classify(message)[0] is refusal
