"""HOPR's factory on the development chain: what hopli makes with it, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from devnet.chain_contracts.addresses import FACTORY_FALLBACK_HANDLER, MULTICALL3
from devnet.chain_contracts.calls import encode_call
from tests.chain.development_chain import DevelopmentChain
from tests.chain.direct_way import (
    ANNOUNCEMENTS_PERMISSIONS,
    CHANNELS_PERMISSIONS,
    NODE_PERMISSIONS,
    UNLIMITED,
    aggregate3,
    safe_transaction,
    target_word,
)
from tests.chain.gas_figures import assert_close_to_the_real_contracts
from tests.chain.ledger import Ledger, selector

FIRST = "0x" + "1".zfill(40)
FALLBACK_HANDLER_SLOT = "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5"
CLONE = "clone(address,address[],uint256,bytes32)"


@dataclass(frozen=True)
class Made:
    """What the factory says it made."""

    module: str
    safe: str


def clone(network: dict[str, str], admins: list[str], nonce: int) -> bytes:
    default_target = target_word(network["channels"], CHANNELS_PERMISSIONS).to_bytes(32, "big")
    return encode_call(CLONE, network["moduleImplementation"], admins, nonce, default_target)


def foresee(ledger: Ledger, network: dict[str, str], sender: str, data: bytes) -> Made:
    """What a call would make; the factory's addresses depend on who calls it."""
    call = {"from": sender, "to": network["nodeStakeFactory"], "data": "0x" + data.hex()}
    answer = ledger.rpc.call("eth_call", call, "latest")
    return Made(*(to_checksum_address("0x" + answer[2:][start + 24 : start + 64]) for start in (0, 64)))


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


def test_the_address_of_a_factory_made_safe_does_not_tell_its_owner(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str]
) -> None:
    stranger = Account.create().address
    for_wallet = foresee(ledger, network, chain.wallet.address, clone(network, [chain.wallet.address], 3))
    for_stranger = foresee(ledger, network, chain.wallet.address, clone(network, [stranger], 3))
    assert for_wallet == for_stranger


@pytest.mark.parametrize(("count", "real"), [(1, 879_892), (10, 839_210), (20, 837_002)])
def test_the_gas_of_hoplis_way(
    chain: DevelopmentChain, ledger: Ledger, network: dict[str, str], count: int, real: int
) -> None:
    factory = network["nodeStakeFactory"]
    calls: list[tuple[str, bytes]] = []
    for nonce in range(count):
        data = clone(network, [chain.wallet.address], nonce)
        calls += [(factory, data), *configure(chain, network, foresee(ledger, network, MULTICALL3, data))]
    used = ledger.send(chain.wallet.address, MULTICALL3, aggregate3(calls)).gas_used
    assert_close_to_the_real_contracts(used / count, real)


def configure(chain: DevelopmentChain, network: dict[str, str], made: Made) -> list[tuple[str, bytes]]:
    """The Safe transactions that complete what the factory made, one for each call: nothing is batched on this way."""
    announcements = target_word(network["announcements"], ANNOUNCEMENTS_PERMISSIONS)
    node = target_word(Account.create().address, NODE_PERMISSIONS)
    steps = [
        (made.module, encode_call("scopeTargetToken(uint256)", announcements)),
        (network["token"], encode_call("approve(address,uint256)", network["channels"], UNLIMITED)),
        (made.module, encode_call("includeNode(uint256)", node)),
    ]
    return [
        (made.safe, safe_transaction(chain.wallet, made.safe, to, data, nonce=nonce))
        for nonce, (to, data) in enumerate(steps, start=2)
    ]
