"""Short text for many names."""

from collections.abc import Iterable

_MOST_GROUPS = 6


def folded(names: Iterable[str]) -> str:
    """Return the names in natural order, consecutive numbers as a range: `core-1…5, core-7, spare`.

    More than six groups are cut, with the number of the names that are left out.
    """
    groups: list[tuple[str, list[int]]] = []
    for stem, number in sorted(map(_split, set(names))):
        if groups and number >= 0 and groups[-1][0] == stem and groups[-1][1][-1] == number - 1:
            groups[-1][1].append(number)
        else:
            groups.append((stem, [number]))
    shown = [_text(stem, numbers) for stem, numbers in groups[:_MOST_GROUPS]]
    left_out = sum(len(numbers) for _, numbers in groups[_MOST_GROUPS:])
    return ", ".join(shown) + (f" and {left_out} more" if left_out else "")


def _split(name: str) -> tuple[str, int]:
    stem, _, number = name.rpartition("-")
    is_numbered = number.isdigit() and str(int(number)) == number
    return (stem, int(number)) if stem and is_numbered else (name, -1)


def _text(stem: str, numbers: list[int]) -> str:
    first, last = numbers[0], numbers[-1]
    if first < 0:
        return stem
    return f"{stem}-{first}" if first == last else f"{stem}-{first}…{last}"
