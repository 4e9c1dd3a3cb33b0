"""No test file imports another one: shared helpers are in `testkit`, shared fixtures in a `conftest.py`."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent


def imported_modules(file: Path) -> Iterator[str]:
    """Each module that a file imports; for `from a import b` both `a` and `a.b`, as `b` can be a module."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(TESTS.parent).parts[: -node.level] if node.level else ()
            module = ".".join((*package, *filter(None, [node.module])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_no_test_imports_another_test_file() -> None:
    imports = {
        f"{file.relative_to(TESTS)} imports {module}"
        for file in TESTS.rglob("*.py")
        for module in imported_modules(file)
        if module == "tests" or module.startswith("tests.")
    }
    assert imports == set()
