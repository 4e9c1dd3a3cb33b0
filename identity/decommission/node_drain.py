"""Drains nodes: one plain transfer each, signed by the node, that moves its whole xDai balance to the wallet.

The amount is the balance minus 21,000 gas at exactly the offered fee. The priority fee equals the maximum fee, so that
the node pays exactly that fee and keeps nothing. A transfer cannot be mined twice: it has the node's nonce at the block
at which the balance was read. The journal does not record it, because its only recipient is the wallet.
"""

from collections.abc import Callable
from dataclasses import dataclass

from config.models.chain import ChainSettings
from identity.chain.client import ChainClient, Receipt
from identity.decommission.plan import amounts, node_drain_wei
from identity.errors import TransactionReverted, WalletCannotSign
from identity.evm import gas
from identity.evm.calls import Call, Signers
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedPool
from identity.submission.delivery import Pace, await_receipts, submit, wait_until_none_pending
from identity.submission.wallet import Fees, SignedTransaction, fees_at, sign


@dataclass(frozen=True)
class NodeDrain:
    """Drains the nodes of a pool; calls `signers` only if a node can pay the gas of a transfer."""

    chain: ChainClient
    signers: Callable[[], Signers]
    desired: DesiredPool
    chain_settings: ChainSettings
    report: Callable[[str], None]

    def send(self, observed: ObservedPool) -> tuple[Receipt, ...]:
        """Send every transfer, then wait until all are mined; send nothing if no node can pay its gas.

        Raises WalletCannotSign if a node's key is not available, and TransactionError or ChainError.
        """
        pace, sent = Pace(self.chain_settings), []
        for identity in self.desired.identities:
            wei = node_drain_wei(observed.identities[identity.name], observed, self.chain_settings)
            if not wei:
                continue
            wait_until_none_pending(self.chain, identity.node, pace, lambda _: False)
            signed = self._sign(identity, wei, observed)
            self.report(
                f"{identity.name}: move {amounts(0, wei)} from its node to the wallet: transaction {signed.hash}"
            )
            submit(self.chain, identity.node, signed)
            sent.append((identity, signed))
        return tuple(self._mined(identity, signed, pace) for identity, signed in sent)

    def _sign(self, identity: DesiredIdentity, wei: int, observed: ObservedPool) -> SignedTransaction:
        signer = self.signers().of_node(identity.name)
        if signer.address != identity.node:
            raise WalletCannotSign(
                f"{identity.name}: its identity file has the keys of node {signer.address}, not of {identity.node}"
            )
        fee_wei = fees_at(observed.block.base_fee_wei, self.chain_settings).max_fee_wei
        return sign(
            signer,
            self.desired.network.chain_id,
            Call(self.desired.wallet, value_wei=wei),
            nonce=self.chain.transaction_count(identity.node, observed.block),
            gas_limit=gas.TRANSACTION,
            fees=Fees(fee_wei, fee_wei),
        )

    def _mined(self, identity: DesiredIdentity, signed: SignedTransaction, pace: Pace) -> Receipt:
        (receipt,) = await_receipts(self.chain, identity.node, [signed], pace)
        if not receipt.succeeded:
            raise TransactionReverted(
                f"{identity.name}: the transfer {signed.hash} of its node failed: a wallet that is a contract cannot "
                f"receive a transfer with {gas.TRANSACTION} gas; send it manually"
            )
        return receipt
