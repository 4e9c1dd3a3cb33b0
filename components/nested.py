"""Outputs whose values have outputs inside: what is known is shown in a preview, what is not stays open by itself."""

from collections.abc import Callable
from typing import TypeVar

import pulumi

T = TypeVar("T")
R = TypeVar("R")


def build(source: pulumi.Output[T], function: Callable[[T], R]) -> pulumi.Output[R]:
    """`source.apply(function)`, for a function that returns a dict with outputs inside.

    The SDK (3.259, `rpc.serialize_property`) adds what the inner outputs depend on to a set that all outputs derived
    from `source` share: one node would then wait for all others. `Output.all` has a set of its own.
    """
    return pulumi.Output.all(source).apply(lambda values: function(values[0]))
