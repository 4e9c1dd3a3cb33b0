"""Lets mutmut mutate properties and cached functions; it leaves out every function with such a decorator.

A property stays one: its getter chooses the mutant. A cached function loses its cache, because the processes that test
the mutants inherit what the unchanged function returned. The functions concerned are pure, so nothing else changes.
"""

from collections.abc import Iterable, Sequence

import libcst as cst
from mutmut.mutation import file_mutation

_KEPT, _DROPPED = "property", "cache"
_Arrangement = tuple[
    Sequence[file_mutation.MODULE_STATEMENT],
    Sequence[file_mutation.MODULE_STATEMENT],
    Sequence[file_mutation.MODULE_STATEMENT],
    Sequence[str],
]

_skips = file_mutation.MutationVisitor._skip_node_and_children
_arrange = file_mutation.function_trampoline_arrangement


def install() -> None:
    """Replace two functions of mutmut's generator by the ones below."""
    file_mutation.MutationVisitor._skip_node_and_children = (  # type: ignore[method-assign]
        _skip_node_and_children  # type: ignore[assignment]
    )
    file_mutation.function_trampoline_arrangement = _function_trampoline_arrangement


def _decorator(node: cst.CSTNode) -> str | None:
    """The decorator, if there is exactly one and it is one of the two."""
    if isinstance(node, cst.FunctionDef) and len(node.decorators) == 1:
        decorator = node.decorators[0].decorator
        if isinstance(decorator, cst.Name) and decorator.value in {_KEPT, _DROPPED}:
            return decorator.value
    return None


def _skip_node_and_children(visitor: file_mutation.MutationVisitor, node: cst.CSTNode) -> bool:
    return _decorator(node) is None and _skips(visitor, node)


def _function_trampoline_arrangement(
    function: cst.FunctionDef, mutants: Iterable[file_mutation.Mutation], class_name: str | None
) -> _Arrangement:
    decorator = _decorator(function)
    if decorator is None:
        return _arrange(function, mutants, class_name)
    declarations, functions, assignments, names = _arrange(function.with_changes(decorators=[]), mutants, class_name)
    chooser, *rest = functions
    if decorator == _KEPT:
        assert isinstance(chooser, cst.FunctionDef)
        chooser = chooser.with_changes(decorators=[*function.decorators, *chooser.decorators])
    return declarations, [chooser, *rest], assignments, names
