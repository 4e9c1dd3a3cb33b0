"""YAML with limits, so that a malicious or broken text is a YAMLError at once: depth, aliases, recursion."""

from typing import Any

import yaml

MAX_DEPTH = 50
_MAX_VALUES = 100_000
_TOO_DEEP = f"more than {MAX_DEPTH} values are nested"


class LimitedLoader(yaml.SafeLoader):
    """A loader that refuses deep nesting: PyYAML calls itself for each level and would reach the recursion limit."""

    flow_level: int
    _depth = 0

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        """Read a bracket or brace. PyYAML reads ahead, and its time grows with the square of the open ones."""
        if self.flow_level == MAX_DEPTH:
            raise yaml.scanner.ScannerError(None, None, _TOO_DEEP, self.get_mark())
        super().fetch_flow_collection_start(token)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one value."""
        if self._depth == MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, _TOO_DEEP, mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def compose(text: str) -> yaml.Node | None:
    """Parse a document without constructing values, so that it may have tags of its own. Raise YAMLError."""
    node = yaml.compose(text, Loader=LimitedLoader)
    check_aliases(node)
    return node


def duplicate_key(root: yaml.Node) -> str:
    """The path and line of the first key that a mapping has twice, such as `'hopr.chain' (line 3)`; empty if none."""
    seen: set[int] = set()
    rest: list[tuple[yaml.Node, str]] = [(root, "")]
    while rest:
        node, path = rest.pop(0)
        if id(node) in seen:
            continue  # an alias
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            rest += [(item, f"{path}[{position}]") for position, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            continue
        names: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            inner = f"{path}.{key.value}".removeprefix(".")
            if key.value in names:
                return f"'{inner}' (line {key.start_mark.line + 1})"
            names.add(key.value)
            rest.append((value, inner))
    return ""


def load(text: str) -> Any:
    """Parse a document. Raise YAMLError."""
    loader = LimitedLoader(text)
    try:
        root = loader.get_single_node()
        check_aliases(root)
        return loader.construct_document(root) if root else None
    finally:
        loader.dispose()


def check_aliases(root: yaml.Node | None) -> None:
    """Raise ConstructorError for a value that contains itself, or that has too many or too deep values by aliases."""
    if root is not None:
        _Expansion().measure(root)


class _Expansion:
    """The number of values and the depth of each node, as if each alias were a copy."""

    def __init__(self) -> None:
        self._measured: dict[int, tuple[int, int]] = {}
        self._open: list[yaml.Node] = []

    def measure(self, node: yaml.Node) -> tuple[int, int]:
        if any(node is outer for outer in self._open):
            raise yaml.constructor.ConstructorError(None, None, "a value contains itself", self._open[-1].start_mark)
        if id(node) not in self._measured:
            self._open.append(node)
            parts = [self.measure(part) for part in _parts(node)]
            self._open.pop()
            size, depth = 1 + sum(part[0] for part in parts), 1 + max((part[1] for part in parts), default=0)
            if size > _MAX_VALUES or depth > MAX_DEPTH:
                limit = f"{_MAX_VALUES:,} values" if size > _MAX_VALUES else f"{MAX_DEPTH} nested values"
                problem = f"aliases make more than {limit} of it"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
            self._measured[id(node)] = size, depth
        return self._measured[id(node)]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for entry in node.value for part in entry]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
