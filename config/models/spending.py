"""Spending limits: the most that one run of `pulumi up` may spend."""

from pydantic import Field

from config.models.model import Model
from config.models.scalars import Amount


class SpendingLimits(Model):
    """Most that one `pulumi up` may spend; no limit where none is given."""

    xdai: Amount | None = Field(default=None, examples=["5"])
    """xDai, with gas at chain.maxFeeGwei."""
    wxhopr: Amount | None = Field(default=None, examples=["1000"])
    """wxHOPR."""


class Spending(SpendingLimits):
    """Most that one `pulumi up` may spend for all pools together, and what the wallet keeps."""

    keep_xdai: Amount = Field(default=Amount("0.01"), examples=["0.01"])
    """xDai that must stay in the wallet, so that a repair can always be paid."""
