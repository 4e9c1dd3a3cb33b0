"""The mutations that mutmut does not generate itself, and the one that it must not: changes of sentences.

mutmut adds 1 to a number, moves a comparison by its boundary, swaps operators, removes arguments and replaces values by
None. These operators add: subtract 1 from a number, negate a comparison, force a condition, return None, and drop a
call, a `yield` or a `raise`.
"""

from collections.abc import Callable, Iterable
from typing import Any

import libcst as cst
from mutmut.mutation import mutators

_NEGATED: dict[type[cst.CSTNode], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThanEqual,
    cst.LessThanEqual: cst.GreaterThan,
    cst.GreaterThan: cst.LessThanEqual,
    cst.GreaterThanEqual: cst.LessThan,
}
_WORDS_OF_A_SENTENCE = 4


def install() -> None:
    """Add the operators to mutmut's list, which the generator of mutants reads."""
    listed: Any = mutators.mutation_operators
    additions: list[tuple[Any, Callable[[Any], Iterable[cst.CSTNode]]]] = [
        (cst.BaseString, string_that_is_not_a_sentence),
        (cst.Integer, number_minus_one),
        (cst.ComparisonTarget, negated_comparison),
        (cst.If, forced_condition),
        (cst.CompIf, forced_condition),
        (cst.Return, returned_none),
        (cst.Expr, dropped_statement),
        (cst.Raise, dropped_statement),
    ]
    replaced = {mutators.operator_string, *(operator for _, operator in additions)}
    listed[:] = [entry for entry in listed if entry[1] not in replaced] + additions


def string_that_is_not_a_sentence(node: cst.BaseString) -> Iterable[cst.BaseString]:
    """Leave sentences alone: their wording is not a decision. Names, keys and short texts are mutated."""
    if isinstance(node, cst.SimpleString) and len(str(node.evaluated_value).split()) >= _WORDS_OF_A_SENTENCE:
        return
    yield from mutators.operator_string(node)


def number_minus_one(node: cst.Integer) -> Iterable[cst.CSTNode]:
    """`n - 1`; 0 becomes -1."""
    value = node.evaluated_value - 1
    if value >= 0:
        yield node.with_changes(value=repr(value))
    else:
        yield cst.UnaryOperation(cst.Minus(), cst.Integer(repr(-value)))


def negated_comparison(node: cst.ComparisonTarget) -> Iterable[cst.ComparisonTarget]:
    """`<` becomes `>=`, and so on; mutmut negates `==`, `in` and `is`."""
    negated = _NEGATED.get(type(node.operator))
    if negated is not None:
        yield node.with_changes(operator=negated())


def forced_condition(node: cst.If | cst.CompIf) -> Iterable[cst.CSTNode]:
    """Take one branch always."""
    for literal in ("True", "False"):
        yield node.with_changes(test=cst.Name(literal))


def returned_none(node: cst.Return) -> Iterable[cst.CSTNode]:
    """Return None in place of a value."""
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        yield node.with_changes(value=cst.Name("None"), whitespace_after_return=cst.SimpleWhitespace(" "))


def dropped_statement(node: cst.Expr | cst.Raise) -> Iterable[cst.CSTNode]:
    """`pass` in place of a call, a `yield` or a `raise`; a docstring is not a statement to drop."""
    if isinstance(node, cst.Raise) or isinstance(node.value, cst.Call | cst.Yield):
        yield cst.Pass()
