"""What `pulumi preview` shows of the identities of a pool that are to be retired: steps, what stays, cost. Pure."""

from config.chain import Chain
from config.scalars import amount_text
from identity.leaving.departures import channel_advice, departures
from identity.leaving.steps import whole_leaving
from identity.look.observe import ObservedPool
from identity.look.wanted import WantedPool
from identity.making.preflight import cost_of


def describe_leaving(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> str:
    """A line for each identity that leaves or has left, and the sum of the gas; raises PlanRefused."""
    lines = [
        "; ".join((f"{one.name} retires: {', '.join(one.steps) or 'nothing is left to do'}", *one.stays))
        for one in departures(wanted, observed, limits)
    ]
    if transactions := whole_leaving(wanted, observed, limits):
        cost = cost_of(transactions, observed, limits)
        now, most = amount_text(cost.fee_now_wei), amount_text(cost.fee_most_wei)
        lines.append(
            f"Retiring takes {cost.transactions} transactions of the wallet, about {cost.gas:,} gas: {now} xDai at the "
            f"present fee, {most} xDai at most; each node pays the gas of its own payment."
        )
    return "\n".join([*lines, *channel_advice(wanted, observed)])
