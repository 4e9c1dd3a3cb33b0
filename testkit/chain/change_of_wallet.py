"""Hands the Safes of a pool over to another wallet."""

from __future__ import annotations

from dataclasses import replace

from eth_account.signers.local import LocalAccount

from identity.chain.client import ChainClient
from identity.evm.calls import Signers
from identity.observation.desired import DesiredPool
from identity.provisioning.apply import apply
from identity.secrets.signers import LocalSigner
from testkit.chain.pool_on_chain import PoolOnChain


def desired_by_new_wallet(pool: PoolOnChain, new_wallet: str) -> DesiredPool:
    """The same identities, with the new wallet as the only owner and the pool's wallet as the previous one."""
    desired = pool.desired
    policy = replace(desired.policy, owners=(new_wallet,))
    return replace(desired, wallet=new_wallet, policy=policy, previous_wallet=desired.wallet)


def hand_over(pool: PoolOnChain, new_wallet: LocalAccount, client: ChainClient | None = None) -> None:
    """Apply the pool for the new wallet, with the signatures of both wallets."""
    signers = Signers(LocalSigner(bytes(new_wallet.key)), LocalSigner(bytes(pool.chain.wallet.key)))
    desired = desired_by_new_wallet(pool, new_wallet.address)
    apply(client or pool.client(), lambda: signers, desired, pool.chain_settings)
