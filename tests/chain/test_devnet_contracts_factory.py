"""HOPR's factory on the development chain: what hopli creates with it, and its gas."""

from __future__ import annotations

import pytest
from eth_account import Account

from devnet.chain_contracts.addresses import FACTORY_FALLBACK_HANDLER
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.gas_figures import assert_close_to_the_real_contracts
from testkit.chain.hopli_setup import Funds, clone, complete, foresee, set_up
from testkit.chain.ledger import Ledger, selector

FIRST = "0x" + "1".zfill(40)
FALLBACK_HANDLER_SLOT = "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5"


def test_the_factory_hands_over_a_safe_with_its_module(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]
) -> None:
    admins = [chain.wallet.address, Account.create().address]
    data = clone(network, admins, 3)
    made = foresee(ledger, network, chain.wallet.address, data)
    ledger.send(chain.wallet.address, network["nodeStakeFactory"], data)
    assert ledger.view(made.safe, "getOwners()", returns="address[]") == tuple(admin.lower() for admin in admins)
    assert ledger.view(made.safe, "getThreshold()", returns="uint256") == 1
    modules, _ = ledger.view(made.safe, "getModulesPaginated(address,uint256)", FIRST, 10, returns="address[],address")
    assert modules == (made.module.lower(),)
    assert ledger.view(made.module, "owner()", returns="address") == made.safe.lower()
    assert len(ledger.view(made.module, "getTargets()", returns="uint256[]")) == 2
    handler = ledger.rpc.call("eth_getStorageAt", made.safe, FALLBACK_HANDLER_SLOT, "latest")
    assert handler[-40:] == FACTORY_FALLBACK_HANDLER[2:].lower()
    # Two transactions the factory made as its first owner: this is how such a Safe is recognised.
    assert ledger.view(made.safe, "nonce()", returns="uint256") == 2


def test_a_safe_needs_an_owner(chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]) -> None:
    refused = ledger.revert_data(chain.wallet.address, network["nodeStakeFactory"], clone(network, [], 3))
    assert refused == selector("TooFewOwners()")


def test_the_address_of_a_factory_safe_does_not_commit_to_its_owner(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]
) -> None:
    other = Account.create().address
    for_wallet = foresee(ledger, network, chain.wallet.address, clone(network, [chain.wallet.address], 3))
    for_other = foresee(ledger, network, chain.wallet.address, clone(network, [other], 3))
    assert for_wallet == for_other


@pytest.mark.parametrize(("count", "real"), [(1, 879_892), (10, 839_210), (20, 837_002)])
def test_the_gas_of_hopli(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str], count: int, real: int
) -> None:
    nodes = {nonce: Account.create().address for nonce in range(count)}
    _, receipt = set_up(ledger, chain.wallet, network, nodes)
    assert_close_to_the_real_contracts(receipt.gas_used / count, real)


def test_the_gas_of_a_complete_identity_of_hopli(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]
) -> None:
    funds = Funds(node_xdai_wei=10**17, safe_wxhopr_wei=10 * 10**18)
    receipts = list(complete(ledger, chain.wallet, network, Account.create().address, 1, funds))
    assert len(receipts) == 5
    assert_close_to_the_real_contracts(sum(receipt.gas_used for receipt in receipts), 1_179_571)
