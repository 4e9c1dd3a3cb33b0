"""A holder of a node's key delegates the node to code (EIP-7702): the program detects it and loses nothing."""

from __future__ import annotations

import pytest
from eth_account import Account

from config.models.scalars import Amount
from config.models.spending import SpendingLimits
from identity.errors import PaidNodeRunsCode
from identity.provisioning.apply import due_for
from identity.secrets.signers import LocalSigner
from identity.submission.spending import PoolBudget, RunBudget
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.funding_job import top_up
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, THIRD_PARTY, PoolOnChain, node_key
from testkit.faults.opening_balances import OpeningBalances

REJECT = "0x5f5ffd"
"""PUSH0 PUSH0 REVERT: rejects every payment."""
POOR_WEI = NODE_XDAI_WEI // 4


def gas_burning_code(gas: int) -> str:
    """Code that accepts a payment only with this much gas and burns it in a loop, down to a margin."""
    margin = 100_000
    loop = f"5b5a63{margin:08x}1060{{at:02x}}57"  # JUMPDEST GAS PUSH4 margin LT PUSH1 at JUMPI: loop while gas > margin
    head = f"5a63{gas:08x}1160{{fail:02x}}57"  # GAS PUSH4 gas GT PUSH1 fail JUMPI
    at = len(head.format(fail=0)) // 2
    fail = at + len(loop.format(at=0)) // 2 + 1
    return f"0x{head.format(fail=fail)}{loop.format(at=at)}005b5f5ffd"


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """Three complete identities, two of which need xDai."""
    pool = PoolOnChain.of(chain, ledger, 3)
    pool.apply()
    for identity in pool.desired.identities[:2]:
        ledger.rpc.call("anvil_setBalance", identity.node, hex(POOR_WEI))
    return pool


def delegate(pool: PoolOnChain, code: str) -> None:
    """Delegate the first node to code, signed by its key."""
    rpc, contract = pool.ledger.rpc, "0x" + "c0de" * 10
    rpc.call("anvil_setCode", contract, code)
    node = Account.from_key(node_key(1))
    assert node.address == pool.desired.identities[0].node
    nonce = int(rpc.call("eth_getTransactionCount", node.address, "latest"), 16)
    delegation = node.sign_authorization({"chainId": 100, "address": bytes.fromhex(contract[2:]), "nonce": nonce + 1})
    signed = node.sign_transaction(
        {
            "type": 4,
            "chainId": 100,
            "nonce": nonce,
            "gas": 100_000,
            "maxFeePerGas": 5 * 10**9,
            "maxPriorityFeePerGas": 10**9,
            "to": node.address,
            "value": 0,
            "data": "0x",
            "authorizationList": [delegation],
        }
    )
    rpc.call("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
    rpc.call("evm_mine")
    assert rpc.call("eth_getCode", node.address, "latest") != "0x"


def test_a_node_whose_code_rejects_payments_is_reported_and_nothing_is_paid(pool: PoolOnChain) -> None:
    delegate(pool, REJECT)
    balances = OpeningBalances.of(pool)
    with pytest.raises(PaidNodeRunsCode, match=r"core-1: its node 0x\w{40} runs code \(EIP-7702\)"):
        pool.apply()
    balances.assert_unchanged()


def test_the_funding_job_skips_a_node_whose_code_rejects_payments_and_pays_the_others(pool: PoolOnChain) -> None:
    delegate(pool, REJECT)
    had_wei = pool.observe().identities["core-1"].node_xdai_wei
    done = top_up(pool, LocalSigner(bytes(pool.chain.wallet.key)))
    assert [problem.path for problem in done.skipped] == ["core-1"]
    seen = pool.observe().identities
    assert [seen[name].node_xdai_wei for name in ("core-1", "core-2")] == [had_wei, NODE_XDAI_WEI]


def test_a_node_whose_code_uses_up_gas_costs_nothing_beyond_the_limit(pool: PoolOnChain) -> None:
    delegate(pool, gas_burning_code(12_000_000))
    xdai_wei, _ = pool.held_by_wallet()
    maximum = due_for(pool.desired, pool.observe(), pool.chain_settings)
    limits = SpendingLimits(xdai=Amount.from_wei(maximum.xdai_wei))
    with pytest.raises(PaidNodeRunsCode, match="core-1"):
        pool.apply(budget=PoolBudget("core", limits, RunBudget()))
    assert pool.held_by_wallet()[0] == xdai_wei


def forwarding_to(thief: str) -> str:
    """Code that forwards everything it receives: CALL(gas, thief, callvalue, 0, 0, 0, 0)."""
    return f"0x5f5f5f5f3473{thief.removeprefix('0x').lower()}5af100"


@pytest.mark.parametrize("code", ["0x00", forwarding_to(THIRD_PARTY)])
def test_a_run_never_pays_a_node_with_code(pool: PoolOnChain, code: str) -> None:
    delegate(pool, code)
    balances = OpeningBalances.of(pool)
    stolen_wei = pool.ledger.xdai_of(THIRD_PARTY)
    with pytest.raises(PaidNodeRunsCode, match=r"core-1: its node 0x\w{40} runs code \(EIP-7702\)"):
        pool.apply()
    balances.assert_unchanged()
    assert pool.ledger.xdai_of(THIRD_PARTY) == stolen_wei


def test_the_funding_job_never_pays_a_node_with_code(pool: PoolOnChain) -> None:
    delegate(pool, forwarding_to(THIRD_PARTY))
    stolen_wei = pool.ledger.xdai_of(THIRD_PARTY)
    done = top_up(pool, LocalSigner(bytes(pool.chain.wallet.key)))
    assert [problem.path for problem in done.skipped] == ["core-1"]
    assert pool.ledger.xdai_of(THIRD_PARTY) == stolen_wei
    assert pool.observe().identities["core-2"].node_xdai_wei == NODE_XDAI_WEI
