"""A Safe that hopli made: its transactions lie in one call of Multicall3, which is an owner until the last of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devnet.chain_contracts.calls import encode_call
from identity.evm.contracts import MULTICALL3, SENTINEL, ZERO_ADDRESS
from identity.observation.points import Verdict
from identity.observation.provenance import points
from testkit.chain import hopli_setup
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.chain.reference_setup import EXEC_TRANSACTION, aggregate3
from testkit.protocol import ANNOUNCEMENTS_PERMISSIONS, NODE_PERMISSIONS, UNLIMITED, target_word

APPROVED_BY_SENDER = bytes(12) + bytes.fromhex(MULTICALL3[2:]) + bytes(32) + b"\x01"


@pytest.fixture
def imported(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """One identity, made by one transaction of Multicall3 as hopli sends it: four transactions of the Safe."""
    pool = PoolOnChain.of(chain, ledger, 1)
    (identity,) = pool.desired.identities
    wallet, network = chain.wallet.address, chain.contracts["rotsee"]
    clone = hopli_setup.clone(network, [MULTICALL3, wallet], 7)
    made = hopli_setup.foresee(ledger, network, MULTICALL3, clone)
    scope = target_word(network["announcements"], ANNOUNCEMENTS_PERMISSIONS)
    steps = [
        (made.module, encode_call("scopeTargetToken(uint256)", scope)),
        (network["token"], encode_call("approve(address,uint256)", network["channels"], UNLIMITED)),
        (made.module, encode_call("includeNode(uint256)", target_word(identity.node, NODE_PERMISSIONS))),
        (made.safe, encode_call("removeOwner(address,address,uint256)", SENTINEL, MULTICALL3, 1)),
    ]
    executions = [
        (
            made.safe,
            encode_call(EXEC_TRANSACTION, to, 0, data, 0, 0, 0, 0, ZERO_ADDRESS, wallet, APPROVED_BY_SENDER),
        )
        for to, data in steps
    ]
    ledger.send(wallet, MULTICALL3, aggregate3([(network["nodeStakeFactory"], clone), *executions]))
    return replace(pool, desired=replace(pool.desired, identities=(identity.at(made.safe, made.module),)))


def test_all_transactions_of_a_safe_made_by_hopli_are_read(imported: PoolOnChain) -> None:
    found = {
        point.key: point
        for point in points(imported.client(), imported.desired, imported.desired.identities[0], imported.observe())
    }
    assert found["provenance.transactions"].found == "6, all read"
    assert {point.verdict for point in found.values()} == {Verdict.OK}
