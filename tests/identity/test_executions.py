"""Calls that a Safe executed, read from transactions: directly and through Multicall3, and nothing else."""

from dataclasses import astuple

import pytest

from identity.evm.calls import Call, Refund, Signature, aggregate3, aggregate3_value, multi_send, safe_execution
from identity.evm.contracts import CREATE_CALL, MULTI_SEND, MULTI_SEND_CALL_ONLY, MULTI_SENDER, MULTICALL, MULTICALL3
from identity.evm.contracts import SAFE as SAFE_INTERFACE
from identity.evm.executions import Execution, executions_of, foreign_code

SAFE = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
OTHER_SAFE = "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75"
TARGET = "0x826A1bF3d51Fa7F402A1E01d1B2C8A8bAC28E666"


class Signing:
    address = TARGET

    def sign_digest(self, digest: bytes) -> Signature:
        return Signature(1, 1, 0)


def execution(safe: str, *calls: Call) -> Call:
    return safe_execution(safe, 100, 0, calls, Signing())


PAYMENT = Call(TARGET, b"\x01\x02", 7)


def test_a_transaction_to_the_safe_is_read() -> None:
    carried = execution(SAFE, PAYMENT)
    (found,) = executions_of(SAFE, carried.target, carried.data)
    assert found == Execution(multi_send([PAYMENT]))


@pytest.mark.parametrize("with_value", [False, True])
def test_only_the_calls_of_this_safe_are_taken_from_a_batch(with_value: bool) -> None:
    parts = [execution(OTHER_SAFE, Call(OTHER_SAFE)), Call(TARGET, b"\x00" * 8), execution(SAFE, PAYMENT)]
    data = aggregate3_value(parts) if with_value else aggregate3(parts, allow_failure=False)
    assert len(executions_of(SAFE, MULTICALL3, data)) == 1


@pytest.mark.parametrize("name", ["aggregate", "tryAggregate", "blockAndAggregate", "tryBlockAndAggregate"])
def test_the_older_functions_of_multicall3_are_read_too(name: str) -> None:
    part = execution(SAFE, PAYMENT)
    flags = [False] if name.startswith("try") else []
    data = MULTICALL.encode(name, *flags, [(part.target, part.data)])
    assert executions_of(SAFE, MULTICALL3, data) == [Execution(multi_send([PAYMENT]))]


def test_the_gas_refund_of_a_transaction_is_read() -> None:
    refund = Refund(1, 2, 3, TARGET, OTHER_SAFE)
    data = SAFE_INTERFACE.encode("execTransaction", TARGET, 7, b"\x01\x02", 0, *astuple(refund), b"")
    assert executions_of(SAFE, SAFE, data) == [Execution(PAYMENT, refund)]


@pytest.mark.parametrize("target", [SAFE, MULTICALL3, TARGET])
@pytest.mark.parametrize("length", [0, 3, 4, 40])
def test_other_data_contains_no_call_of_the_safe(target: str, length: int) -> None:
    starts = execution(SAFE, PAYMENT).data[:length] if target == SAFE else aggregate3([], allow_failure=True)[:length]
    assert executions_of(SAFE, target, starts) == []


@pytest.mark.parametrize(
    ("call", "foreign"),
    [
        (PAYMENT, set()),
        (Call(TARGET, delegate=True), {TARGET}),
        (Call(MULTI_SEND_CALL_ONLY, delegate=True), set()),
        (multi_send([PAYMENT]), set()),
        (multi_send([PAYMENT, Call(CREATE_CALL, delegate=True)]), set()),
        (multi_send([PAYMENT, Call(TARGET, delegate=True)]), {TARGET}),
        (Call(MULTI_SEND, PAYMENT.data, delegate=True), set()),
        (Call(MULTI_SEND, MULTI_SENDER.encode("multiSend", bytes(9)), delegate=True), {MULTI_SEND}),
    ],
)
def test_foreign_code_is_what_a_safe_runs_by_delegatecall(call: Call, foreign: set[str]) -> None:
    assert foreign_code(call) == foreign
