"""Brings the xDai of nodes that leave to the wallet: one plain payment each, signed by the node, that leaves nothing.

The payment is all of the balance less 21,000 gas at exactly the fee that is offered: base fee and tip together are no
less than that, because the tip offered is the whole fee. It cannot be made twice: it has the nonce of the node at the
block at which the balance was read. The journal knows nothing of it: it can pay nobody but the wallet.
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
from identity.submission.delivery import Pace, await_receipts, settle, submit
from identity.submission.wallet import Fees, SignedTransaction, fees_at, sign


@dataclass(frozen=True)
class NodeDrain:
    """The nodes of leaving identities; `signers` is asked only when one of them can pay the gas of a payment."""

    chain: ChainClient
    signers: Callable[[], Signers]
    desired: DesiredPool
    chain_settings: ChainSettings
    report: Callable[[str], None]

    def send(self, observed: ObservedPool) -> tuple[Receipt, ...]:
        """Sends every payment, then waits until all are mined; sends nothing where no node can pay its gas.

        Raises WalletCannotSign where a node's key is not at hand, and TransactionError or ChainError.
        """
        pace, sent = Pace(self.chain_settings), []
        for identity in self.desired.identities:
            wei = node_drain_wei(observed.identities[identity.name], observed, self.chain_settings)
            if not wei:
                continue
            settle(self.chain, identity.node, pace, lambda _: False)
            signed = self._sign(identity, wei, observed)
            moved = amounts(0, wei)
            self.report(f"{identity.name}: move {moved} from its node to the wallet: transaction {signed.hash}")
            submit(self.chain, signed)
            sent.append((identity, signed))
        return tuple(self._mined(identity, signed, pace) for identity, signed in sent)

    def _sign(self, identity: DesiredIdentity, wei: int, observed: ObservedPool) -> SignedTransaction:
        signer = self.signers().of_node(identity.name)
        if signer.address != identity.node:
            raise WalletCannotSign(
                f"{identity.name}: its identity file holds the keys of node {signer.address}, not of {identity.node}"
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
                f"{identity.name}: the payment {signed.hash} of its node was refused: a wallet that is a contract "
                f"cannot take a payment of {gas.TRANSACTION} gas; send it by hand"
            )
        return receipt
