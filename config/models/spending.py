"""Budgets: the maximum that one `pulumi up` may spend."""

from pydantic import Field

from config.models.model import Model
from config.models.scalars import Amount


class SpendingLimits(Model):
    """Maximum that one `pulumi up` may spend; unlimited if not set."""

    xdai: Amount | None = Field(default=None, examples=["5"])
    """xDai, including gas at chain.maxFeeGwei."""
    wxhopr: Amount | None = Field(default=None, examples=["1000"])
    """wxHOPR."""


class Spending(SpendingLimits):
    """The run budget: maximum that one `pulumi up` may spend for all pools together, and the reserve of the wallet."""

    keep_xdai: Amount = Field(default=Amount("0.01"), examples=["0.01"])
    """xDai that must stay in the wallet, so that it can always pay for a repair."""
