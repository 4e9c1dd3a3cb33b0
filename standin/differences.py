"""The differences between the last known object and its new inputs, field by field, in Pulumi's notation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .immutable_fields import Path, touches
from .properties import Unknown

Kind = Literal["ADD", "DELETE", "UPDATE"]
Steps = tuple[str | int, ...]

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field; `replace` is true if the change requires a replacement of the object."""

    path: Steps
    kind: Kind
    replace: bool

    @property
    def property_path(self) -> str:
        """The path in Pulumi's notation: `spec.ports[0].name`, `metadata.annotations["pulumi.com/skipAwait"]`."""
        text = ""
        for step in self.path:
            if isinstance(step, int):
                text += f"[{step}]"
            elif any(character in step for character in '."[]'):
                text += '["' + step.replace('"', '\\"') + '"]'
            else:
                text += f".{step}" if text else step
        return text


def changes(old: dict[str, Any], new: dict[str, Any], immutable: tuple[Path, ...]) -> list[Change]:
    """Return the changes from `old` (the live object, pruned to the old inputs) to `new`."""
    return [
        Change(path, kind, any(touches(path, value, field) for field in immutable))
        for path, kind, value in _compare((), old, new)
    ]


def _compare(path: Steps, old: Any, new: Any) -> Iterator[tuple[Steps, Kind, Any]]:
    if new is _MISSING:
        yield path, "DELETE", None
    elif old is _MISSING:
        yield path, "ADD", new
    elif isinstance(new, Unknown):
        yield path, "UPDATE", new
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _compare((*path, key), old.get(key, _MISSING), new.get(key, _MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _compare((*path, index), _at(old, index), _at(new, index))
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, "UPDATE", new


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _MISSING


def parse_path(text: str) -> Steps:
    """Parse a property path of `ignoreChanges` into steps; `*` matches any step."""
    steps: list[str | int] = []
    rest = text
    while rest:
        if rest.startswith('["'):
            end = rest.index('"]', 2)
            steps.append(rest[2:end].replace('\\"', '"'))
            rest = rest[end + 2 :]
        elif rest.startswith("["):
            end = rest.index("]")
            index = rest[1:end]
            steps.append(int(index) if index.isdigit() else index)
            rest = rest[end + 1 :]
        else:
            rest = rest.removeprefix(".")
            end = min((position for mark in ".[" if (position := rest.find(mark)) > 0), default=len(rest))
            steps.append(rest[:end])
            rest = rest[end:]
    return tuple(steps)


def is_inside(path: Steps, ignored: Steps) -> bool:
    """Whether `path` is the ignored path or below it."""
    return len(path) >= len(ignored) and all(
        pattern in ("*", step) for step, pattern in zip(path, ignored, strict=False)
    )
