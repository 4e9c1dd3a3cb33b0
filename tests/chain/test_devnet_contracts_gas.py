"""Gas on the development chain, within 15 % of docs/protocol.md#gas, measured on the real contracts."""

from __future__ import annotations

import pytest
from eth_account import Account

from devnet.chain_contracts.addresses import MULTICALL3, SAFE
from devnet.chain_contracts.calls import encode_call
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.gas_figures import assert_close_to_the_real_contracts
from testkit.chain.ledger import Ledger, Receipt
from testkit.chain.reference_setup import (
    aggregate3_value,
    create_safe,
    multi_send,
    plan_identity,
    register_safe_by_node,
    safe_address,
    safe_transaction,
    set_up,
)
from testkit.protocol import CALL, DELEGATECALL, UNLIMITED

NODE_XDAI_WEI = 10**17
SAFE_WXHOPR_WEI = 10 * 10**18


def transfer(ledger: Ledger, chain: DevelopmentChain, token: str, receiver: str) -> Receipt:
    return ledger.send(chain.wallet.address, token, encode_call("transfer(address,uint256)", receiver, SAFE_WXHOPR_WEI))


@pytest.fixture
def network(chain: DevelopmentChain) -> dict[str, str]:
    return chain.contracts["rotsee"]


@pytest.mark.parametrize(("count", "real"), [(1, 757_134), (10, 721_265), (20, 719_292)])
def test_an_identity_set_up_directly(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str], count: int, real: int
) -> None:
    identities = [plan_identity(ledger, chain.wallet, network) for _ in range(count)]
    assert_close_to_the_real_contracts(set_up(ledger, chain.wallet, identities) / count, real)


@pytest.mark.parametrize(("count", "real"), [(1, 957_751), (10, 851_914), (20, 846_045)])
def test_an_identity_created_and_funded_in_one_transaction(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str], count: int, real: int
) -> None:
    identities = [plan_identity(ledger, chain.wallet, network) for _ in range(count)]
    operator = operator_safe(ledger, chain, network["token"])
    calls = [(to, 0, data) for identity in identities for to, data in identity.calls]
    calls += [(identity.node, NODE_XDAI_WEI, b"") for identity in identities]
    safes = [identity.safe for identity in identities]
    calls += [(operator, 0, pay_from_wallet(chain, operator, network["token"], safes))]
    receipt = ledger.send(chain.wallet.address, MULTICALL3, aggregate3_value(calls), value=count * NODE_XDAI_WEI)
    assert_close_to_the_real_contracts(receipt.gas_used / count, real)


def operator_safe(ledger: Ledger, chain: DevelopmentChain, token: str) -> str:
    """Create a Safe that pays with the wallet's wxHOPR."""
    operator = safe_address(chain.wallet.address, 1)
    ledger.send(chain.wallet.address, *create_safe(chain.wallet.address, 1))
    ledger.send(chain.wallet.address, token, encode_call("approve(address,uint256)", operator, UNLIMITED))
    return operator


def pay_from_wallet(chain: DevelopmentChain, operator: str, token: str, safes: list[str]) -> bytes:
    signature = "transferFrom(address,address,uint256)"
    payments = [(CALL, token, encode_call(signature, chain.wallet.address, safe, SAFE_WXHOPR_WEI)) for safe in safes]
    batch = multi_send(payments)
    return safe_transaction(chain.wallet, operator, SAFE["MultiSendCallOnly"], batch, nonce=0, operation=DELEGATECALL)


def test_wxhopr_to_many_through_an_operator_safe(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]
) -> None:
    operator = operator_safe(ledger, chain, network["token"])
    safes = [Account.create().address for _ in range(20)]
    used = ledger.send(
        chain.wallet.address, operator, pay_from_wallet(chain, operator, network["token"], safes)
    ).gas_used
    assert_close_to_the_real_contracts(used / len(safes), 91_000)


def test_a_wxhopr_transfer_to_a_fresh_account(chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]) -> None:
    receiver = Account.create().address
    assert_close_to_the_real_contracts(transfer(ledger, chain, network["token"], receiver).gas_used, 141_000)


def test_a_wxhopr_top_up(chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]) -> None:
    receiver = Account.create().address
    transfer(ledger, chain, network["token"], receiver)
    assert_close_to_the_real_contracts(transfer(ledger, chain, network["token"], receiver).gas_used, 108_901)


def test_an_estimate_on_the_block_of_an_earlier_transfer_is_too_low(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]
) -> None:
    receiver = Account.create().address
    transfer(ledger, chain, network["token"], receiver)
    data = encode_call("transfer(address,uint256)", receiver, SAFE_WXHOPR_WEI)
    transaction = {"from": chain.wallet.address, "to": network["token"], "data": "0x" + data.hex()}
    estimate = int(ledger.rpc.call("eth_estimateGas", transaction, "latest"), 16)
    assert_close_to_the_real_contracts(estimate, 64_921)
    assert transfer(ledger, chain, network["token"], receiver).gas_used > 1.5 * estimate


def test_registration_by_the_manager(chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]) -> None:
    safes, nodes = ([Account.create().address for _ in range(10)] for _ in range(2))
    register = encode_call("managerRegister(address[],address[])", safes, nodes)
    force_sync = encode_call("managerForceSync(address[],bool[])", safes, [True] * 10)
    used = sum(
        ledger.send(chain.wallet.address, network["networkRegistry"], data).gas_used for data in (register, force_sync)
    )
    assert_close_to_the_real_contracts(used / 10, 55_000)


def test_xdai_to_many(chain: DevelopmentChain, ledger: Ledger) -> None:
    nodes = [Account.create().address for _ in range(20)]
    payments = aggregate3_value([(node, NODE_XDAI_WEI, b"") for node in nodes])
    for real in (38_000, 13_000):
        used = ledger.send(chain.wallet.address, MULTICALL3, payments, value=20 * NODE_XDAI_WEI).gas_used
        assert_close_to_the_real_contracts(used / 20, real)


def test_a_node_registering_its_safe(chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]) -> None:
    identity = plan_identity(ledger, chain.wallet, network)
    set_up(ledger, chain.wallet, [identity])
    used = ledger.send(identity.node, network["nodeSafeRegistry"], register_safe_by_node(identity)).gas_used
    assert_close_to_the_real_contracts(used, 70_000)
