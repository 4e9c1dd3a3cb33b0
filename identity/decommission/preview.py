"""The part of `pulumi preview` about a pool's retired identities: steps, remaining balances, cost. Pure."""

from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from identity.decommission.plan import all_transactions
from identity.decommission.report import channel_advice, decommission_reports
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool
from identity.provisioning.preflight import cost_of


def describe_decommission(desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings) -> str:
    """Return one line for each retired identity, and the total gas; raises PlanRefused."""
    lines = [
        "; ".join((f"{one.name} retires: {', '.join(one.steps) or 'nothing left to do'}", *one.remains))
        for one in decommission_reports(desired, observed, chain_settings)
    ]
    if transactions := all_transactions(desired, observed, chain_settings):
        cost = cost_of(transactions, observed, chain_settings)
        now, most = amount_text(cost.fee_now_wei), amount_text(cost.fee_most_wei)
        lines.append(
            f"Decommissioning takes {cost.transactions} transactions of the wallet, about {cost.gas:,} gas: {now} xDai "
            f"at the current fee, {most} xDai at most; each node pays the gas of its own transfer."
        )
    return "\n".join([*lines, *channel_advice(desired, observed)])
