"""Reads and changes a development chain in tests: views, transactions from any account, revert data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from devnet.chain_contracts.calls import encode_call, split_types
from devnet.rpc import Rpc, RpcError

MOST_GAS = 16_700_000
PLENTY_WEI = 10**24


def selector(signature: str) -> str:
    return "0x" + keccak(text=signature)[:4].hex()


def error_string(text: str) -> str:
    """The revert data of `require(…, text)`."""
    return "0x" + encode_call("Error(string)", text).hex()


@dataclass(frozen=True)
class Receipt:
    """The receipt of a successful transaction."""

    gas_used: int
    block: int
    logs: list[dict[str, Any]]

    def topics(self, event: str) -> list[list[str]]:
        """Returns the indexed arguments of each event of this signature."""
        topic = "0x" + keccak(text=event).hex()
        return [log["topics"][1:] for log in self.logs if log["topics"][0] == topic]


class Ledger:
    """A chain that signs for every account (anvil's impersonation), so that tests need no keys to send."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        rpc.call("anvil_autoImpersonateAccount", True)

    def view(self, contract: str, signature: str, *arguments: object, returns: str) -> Any:
        """Returns the value a view function answers with; `returns` is its type, or several as `address,uint256`."""
        answer = self.rpc.call("eth_call", {"to": contract, "data": _hex(encode_call(signature, *arguments))}, "latest")
        try:
            values = decode(split_types(f"({returns})"), bytes.fromhex(answer[2:]))
        except DecodingError:
            pytest.fail(f"{contract} answered {answer!r} to {signature}")
        return values if len(values) > 1 else values[0]

    def send(self, sender: str, to: str, data: bytes, *, value: int = 0, gas: int = MOST_GAS) -> Receipt:
        """Sends one transaction and returns its receipt; the test fails when it reverts."""
        transaction = {"from": sender, "to": to, "data": _hex(data), "value": hex(value), "gas": hex(gas)}
        if int(self.rpc.call("eth_getBalance", sender, "latest"), 16) < PLENTY_WEI // 10:
            self.rpc.call("anvil_setBalance", sender, hex(PLENTY_WEI))
        receipt = self.rpc.call("eth_sendTransactionSync", transaction)
        assert receipt["status"] == "0x1", f"{to} reverted: {self.revert_data(sender, to, data, value=value)}"
        return Receipt(int(receipt["gasUsed"], 16), int(receipt["blockNumber"], 16), receipt["logs"])

    def revert_data(self, sender: str, to: str, data: bytes, *, value: int = 0) -> str:
        """Returns what a call reverts with, as `0x…`; the test fails when it does not revert."""
        transaction = {"from": sender, "to": to, "data": _hex(data), "value": hex(value), "gas": hex(MOST_GAS)}
        with pytest.raises(RpcError) as raised:
            self.rpc.call("eth_call", transaction, "latest")
        return raised.value.data or "0x"

    def events(self, contract: str, event: str) -> list[list[str]]:
        """Returns the indexed arguments of each event of this signature that the contract has emitted, in order."""
        topic = "0x" + keccak(text=event).hex()
        logs = self.rpc.call("eth_getLogs", {"address": contract, "fromBlock": "0x0", "topics": [topic]})
        return [log["topics"][1:] for log in logs]

    def balance_of(self, token: str, account: str) -> int:
        return int(self.view(token, "balanceOf(address)", account, returns="uint256"))

    def xdai_of(self, account: str) -> int:
        return int(self.rpc.call("eth_getBalance", account, "latest"), 16)

    def has_code(self, account: str) -> bool:
        return bool(self.rpc.call("eth_getCode", account, "latest") != "0x")


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
