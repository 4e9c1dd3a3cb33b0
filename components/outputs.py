"""Two traps of the SDK's outputs, closed in one place."""

from collections.abc import Callable
from typing import TypeVar

import pulumi

T = TypeVar("T")
R = TypeVar("R")


def build(source: pulumi.Output[T], function: Callable[[T], R]) -> pulumi.Output[R]:
    """`source.apply(function)`, for a function that returns a dict with outputs inside: each stays open by itself.

    The SDK (3.259, `rpc.serialize_property`) adds what the inner outputs depend on to a set that all outputs derived
    from `source` share: one node would then wait for all others. `Output.all` has a set of its own.
    """
    return pulumi.Output.all(source).apply(lambda values: function(values[0]))


def once_created(
    resource: pulumi.CustomResource, output: pulumi.Output[T], function: Callable[[T], R]
) -> pulumi.Output[R]:
    """`output.apply(function)` on what the API server adds to an object: a uid, a status.

    In a preview of something new the SDK takes the inputs for the outputs, without those; the id alone is open then.
    """
    return resource.id.apply(lambda _: output.apply(function))
