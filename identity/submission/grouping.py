"""Splits work that does not fit into one transaction."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def split_evenly(items: Sequence[Item], fits: Callable[[tuple[Item, ...]], bool]) -> Iterator[tuple[Item, ...]]:
    """Yield the items in order, in as few groups of about equal size as fit; a single item always forms a group."""
    for count in range(1, len(items) + 1):
        edges = [len(items) * index // count for index in range(count + 1)]
        groups = [tuple(items[start:end]) for start, end in itertools.pairwise(edges)]
        if count == len(items) or all(fits(group) for group in groups):
            yield from groups
            return
