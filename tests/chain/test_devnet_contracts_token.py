"""wxHOPR and the shared contracts of the development chain: transfers, minting, history, batches of calls."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from devnet.chain_contracts.addresses import ADMINISTRATOR, ERC1820_REGISTRY, MULTICALL3
from devnet.chain_contracts.calls import encode_call
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger, error_string
from testkit.chain.reference_setup import aggregate3_value, create_safe, safe_address
from testkit.protocol import UNLIMITED

NO_HOOK = error_string("ERC777: token recipient contract has no implementer for ERC777TokensRecipient")
MINT = "mint(address,uint256,bytes,bytes)"
SEND = "send(address,uint256,bytes)"


@pytest.fixture(params=["local", "rotsee"])
def token(chain: DevelopmentChain, request: pytest.FixtureRequest) -> str:
    return chain.contracts[request.param]["token"]


@pytest.fixture
def safe(chain: DevelopmentChain, ledger: Ledger) -> str:
    ledger.send(chain.wallet.address, *create_safe(chain.wallet.address, 7))
    return safe_address(chain.wallet.address, 7)


def balance(ledger: Ledger, token: str, account: str) -> int:
    return int(ledger.view(token, "balanceOf(address)", account, returns="uint256"))


def test_a_safe_receives_by_transfer(chain: DevelopmentChain, ledger: Ledger, token: str, safe: str) -> None:
    before = balance(ledger, token, chain.wallet.address)
    ledger.send(chain.wallet.address, token, encode_call("transfer(address,uint256)", safe, 5))
    assert balance(ledger, token, safe) == 5
    assert balance(ledger, token, chain.wallet.address) == before - 5


def test_a_safe_can_be_neither_minted_nor_sent_to(
    chain: DevelopmentChain, ledger: Ledger, token: str, safe: str
) -> None:
    assert ledger.revert_data(ADMINISTRATOR, token, encode_call(MINT, safe, 5, b"", b"")) == NO_HOOK
    assert ledger.revert_data(chain.wallet.address, token, encode_call(SEND, safe, 5, b"")) == NO_HOOK


def test_a_contract_with_a_registered_hook_can_be_sent_to(
    chain: DevelopmentChain, ledger: Ledger, token: str, safe: str
) -> None:
    # A Safe's fallback handler answers the hook; all it lacks is the registration.
    hook = keccak(text="ERC777TokensRecipient")
    ledger.send(
        safe, ERC1820_REGISTRY, encode_call("setInterfaceImplementer(address,bytes32,address)", safe, hook, safe)
    )
    ledger.send(chain.wallet.address, token, encode_call(SEND, safe, 5, b""))
    assert balance(ledger, token, safe) == 5


def test_only_minters_mint(chain: DevelopmentChain, ledger: Ledger, token: str) -> None:
    role = ledger.view(token, "MINTER_ROLE()", returns="bytes32")
    assert role == keccak(text="MINTER_ROLE")
    assert ledger.view(token, "hasRole(bytes32,address)", role, ADMINISTRATOR, returns="bool")
    refused = ledger.revert_data(chain.wallet.address, token, encode_call(MINT, chain.wallet.address, 5, b"", b""))
    assert refused == error_string("caller does not have minter role")


def test_an_allowance_is_spent_unless_it_is_unlimited(chain: DevelopmentChain, ledger: Ledger, token: str) -> None:
    owner, spender, receiver = chain.wallet.address, Account.create().address, Account.create().address
    spend = encode_call("transferFrom(address,address,uint256)", owner, receiver, 3)
    assert ledger.revert_data(spender, token, spend) == error_string("ERC777: insufficient allowance")
    for given, left in ((5, 2), (UNLIMITED, UNLIMITED)):
        ledger.send(owner, token, encode_call("approve(address,uint256)", spender, given))
        ledger.send(spender, token, spend)
        assert ledger.view(token, "allowance(address,address)", owner, spender, returns="uint256") == left
    assert balance(ledger, token, receiver) == 6


def test_past_balances_are_kept_for_each_block(chain: DevelopmentChain, ledger: Ledger, token: str) -> None:
    receiver = Account.create().address
    transfer = encode_call("transfer(address,uint256)", receiver, 5)
    blocks = [ledger.send(chain.wallet.address, token, transfer).block for _ in range(3)]

    def held_at(block: int) -> int:
        signature = "balanceOfAt(address,uint128)"
        return int(ledger.view(token, signature, receiver, block, returns="uint256"))

    assert [held_at(block) for block in (blocks[0] - 1, *blocks, blocks[-1] + 100)] == [0, 5, 10, 15, 15]
    supply = ledger.view(token, "totalSupply()", returns="uint256")
    assert ledger.view(token, "totalSupplyAt(uint128)", blocks[-1], returns="uint256") == supply


def test_changes_in_one_block_leave_one_entry(chain: DevelopmentChain, ledger: Ledger, token: str) -> None:
    receiver = Account.create().address
    ledger.send(chain.wallet.address, token, encode_call("approve(address,uint256)", MULTICALL3, UNLIMITED))
    move = encode_call("transferFrom(address,address,uint256)", chain.wallet.address, receiver, 5)
    batch = aggregate3_value([(token, 0, move)] * 2)
    block = ledger.send(chain.wallet.address, MULTICALL3, batch).block
    at = "balanceOfAt(address,uint128)"
    assert ledger.view(token, at, receiver, block, returns="uint256") == 10
    assert ledger.view(token, at, receiver, block - 1, returns="uint256") == 0


def test_a_batch_returns_each_result_and_nothing_for_an_absent_contract(
    chain: DevelopmentChain, ledger: Ledger, token: str
) -> None:
    answers = ledger.view(
        MULTICALL3,
        "aggregate3((address,bool,bytes)[])",
        [
            (token, True, encode_call("balanceOf(address)", chain.wallet.address)),
            (Account.create().address, True, encode_call("getOwners()")),
            (token, True, encode_call("transfer(address,uint256)", chain.wallet.address, 1)),
            (MULTICALL3, True, encode_call("getEthBalance(address)", chain.wallet.address)),
        ],
        returns="(bool,bytes)[]",
    )
    assert [succeeded for succeeded, _ in answers] == [True, True, False, True]
    assert int.from_bytes(answers[0][1], "big") == balance(ledger, token, chain.wallet.address)
    assert answers[1][1] == b""
    assert int.from_bytes(answers[3][1], "big") == ledger.xdai_of(chain.wallet.address)


def test_a_batch_fails_as_a_whole_unless_failure_is_allowed(
    chain: DevelopmentChain, ledger: Ledger, token: str
) -> None:
    broke = encode_call("transfer(address,uint256)", chain.wallet.address, 1)
    batch = aggregate3_value([(token, 0, broke)])
    refused = ledger.revert_data(chain.wallet.address, MULTICALL3, batch)
    assert refused == error_string("Multicall3: call failed")


def test_a_batch_forwards_exactly_the_xdai_it_received(chain: DevelopmentChain, ledger: Ledger) -> None:
    receiver = Account.create().address
    batch = aggregate3_value([(receiver, 5, b"")])
    refused = ledger.revert_data(chain.wallet.address, MULTICALL3, batch, value=6)
    assert refused == error_string("Multicall3: value mismatch")
    ledger.send(chain.wallet.address, MULTICALL3, batch, value=5)
    assert ledger.xdai_of(receiver) == 5


def test_xdai_of_a_failed_call_stays_in_the_batch_contract(chain: DevelopmentChain, ledger: Ledger, token: str) -> None:
    signature = "aggregate3Value((address,bool,uint256,bytes)[])"
    ledger.send(chain.wallet.address, MULTICALL3, encode_call(signature, [(token, True, 5, b"")]), value=5)
    assert ledger.xdai_of(MULTICALL3) == 5
