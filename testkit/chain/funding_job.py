"""Runs the funding job's top-up of a pool on the development chain."""

from __future__ import annotations

from config.models.pools import Balances, Funding
from config.models.scalars import Amount
from identity.chain.client import ChainClient
from identity.evm.calls import Signers
from identity.provisioning.top_up import TopUp, TopUpResult
from identity.provisioning.top_up_order import Order, order_json
from identity.secrets.signers import LocalSigner
from testkit.chain.pool_on_chain import PoolOnChain

FUNDING = Funding(schedule="0 * * * *", native_amount=Amount("0.1"), wxhopr=True)


def text_of_order(pool: PoolOnChain, funding: Funding = FUNDING) -> str:
    """The order (JSON) as the job's ConfigMap holds it."""
    balances = Balances(node_xdai=Amount("0.1"), safe_wxhopr=Amount("10"))
    identities = {one.name: {"nativeAddress": one.node, "founder": one.deployer} for one in pool.desired.identities}
    return order_json(pool.settings(balances=balances), "core", funding, identities)


def order_for(pool: PoolOnChain, funding: Funding = FUNDING) -> Order:
    return Order.parse(text_of_order(pool, funding), pool.chain.rpc_url)


def top_up(
    pool: PoolOnChain, signer: LocalSigner, order: Order | None = None, client: ChainClient | None = None
) -> TopUpResult:
    """Run the job with this payer until nothing is below its minimum."""
    return TopUp(client or pool.client(), Signers(signer), order or order_for(pool), pool.reports.append).run()
