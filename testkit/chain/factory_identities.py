"""Creates identities with the network's stake factory, for the program to adopt."""

from __future__ import annotations

from dataclasses import replace

from devnet.chain_contracts.calls import encode_call
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.protocol import CHANNELS_PERMISSIONS, target_word

CLONE = "clone(address,address[],uint256,bytes32)"


def create_with_factory(pool: PoolOnChain, admins: list[str] | None = None) -> PoolOnChain:
    """Create a Safe and module for each identity; return the same pool, which trusts them."""
    contracts = pool.chain.contracts["rotsee"]
    factory, wallet = contracts["nodeStakeFactory"], pool.chain.wallet.address
    trusted = []
    for number, identity in enumerate(pool.desired.identities):
        target = target_word(contracts["channels"], CHANNELS_PERMISSIONS).to_bytes(32, "big")
        data = encode_call(CLONE, contracts["moduleImplementation"], admins or [wallet], number, target)
        answer = pool.ledger.rpc.call("eth_call", {"from": wallet, "to": factory, "data": "0x" + data.hex()}, "latest")
        pool.ledger.send(wallet, factory, data)
        module, safe = ("0x" + answer[2:][start + 24 : start + 64] for start in (0, 64))
        trusted.append(identity.at(safe, module))
    return replace(pool, desired=replace(pool.desired, identities=tuple(trusted)))
