"""Workarounds for pitfalls of outputs in the SDK and the engine."""

from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import pulumi

T = TypeVar("T")
R = TypeVar("R")


def build(source: pulumi.Output[T], function: Callable[[T], R]) -> pulumi.Output[R]:
    """`source.apply(function)` for a function whose result contains outputs.

    The SDK (3.259, `rpc.serialize_property`) adds the dependencies of the inner outputs to a set that all outputs
    derived from `source` share, so one node would wait for all others. `Output.all` has its own set.
    """
    return pulumi.Output.all(source).apply(lambda values: function(values[0]))


def once_created(
    resource: pulumi.CustomResource, output: pulumi.Output[T], function: Callable[[T], R]
) -> pulumi.Output[R]:
    """`output.apply(function)` for fields that the API server adds to an object, such as the uid and the status.

    In the preview of a new object, the SDK uses the inputs as outputs, without those fields. Only its id is unknown
    then, so the result depends on the id.

    The result does not name `resource` as its origin, so what uses it must list `resource` in `depends_on`. Before the
    engine deletes and replaces a resource, it also deletes everything whose properties come from it and might change
    (`calculateDependentReplacements`): with a missing custom resource, the volumes and nodes that still exist.
    """
    created: pulumi.Output[R] = resource.id.apply(lambda _: output.apply(function))
    return pulumi.Output(
        set(), _Once(lambda: created.future(with_unknowns=True)), _Once(created.is_known), _Once(created.is_secret)
    )


@dataclass(frozen=True)
class _Once:
    """An awaitable that starts when it is awaited: after an error, the SDK leaves the later ones alone."""

    start: Callable[[], Coroutine[Any, Any, Any]]

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.start().__await__()
