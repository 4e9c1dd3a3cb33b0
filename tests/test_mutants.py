"""The configuration of the mutation tests (docs/mutants.md) fits the code; the operators change decisions alone."""

import ast
import tomllib
from pathlib import Path

import libcst as cst
import pytest
from mutmut.mutation.file_mutation import create_mutations

from testkit.mutants import operators
from testkit.mutants.survivors import Mutant, explained, problems

CHECKOUT = Path(__file__).resolve().parents[1]
CONFIGURATION = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["mutmut"]
EXAMPLE = Mutant("components/allocation.py", "allocate", "a < b", "a <= b")


@pytest.mark.parametrize("key", ["only_mutate", "pytest_add_cli_args_test_selection"])
def test_each_configured_file_exists(key: str) -> None:
    assert [file for file in CONFIGURATION[key] if not (CHECKOUT / file).is_file()] == []


@pytest.mark.parametrize("mutant", explained(), ids=str)
def test_each_explained_survivor_names_lines_of_its_function(mutant: Mutant) -> None:
    assert mutant.file in CONFIGURATION["only_mutate"]
    source = (CHECKOUT / mutant.file).read_text()
    name = mutant.function.rpartition(".")[2]
    functions = [
        ast.get_source_segment(source, node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    assert any(mutant.before in " ".join(line.strip() for line in str(text).splitlines()) for text in functions)


def test_a_diff_becomes_the_changed_lines() -> None:
    diff = "--- f\n+++ f\n@@ -1,2 +1,2 @@\n def f():\n-    return (a,\n-        b)\n+    return None"
    assert Mutant.of_diff("f.py", "f", diff) == Mutant("f.py", "f", "return (a, b)", "return None")


def test_survivors_and_explanations_must_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testkit.mutants.survivors.explained", lambda: {EXAMPLE: "equivalent"})
    other = Mutant(EXAMPLE.file, "allocate", "c", "d")
    assert problems([EXAMPLE], [EXAMPLE.file]) == []
    assert problems([], ["another.py"]) == []
    (unexplained,) = problems([EXAMPLE, other], [EXAMPLE.file])
    assert "+ d" in unexplained
    (outdated,) = problems([], [EXAMPLE.file])
    assert "remove the entry" in outdated


@pytest.mark.parametrize(
    ("line", "mutants"),
    [
        ("return x < 3", {"return x >= 3", "return x <= 3", "return x < 4", "return x < 2", "return None"}),
        ("return 0", {"return 1", "return -1", "return None"}),
        ("f()", {"pass"}),
        ("raise x", {"pass"}),
        (
            "return [y for y in x if y]",
            {"return [y for y in x if True]", "return [y for y in x if False]", "return None"},
        ),
        ("x = 'a sentence of five words'", {"x = None"}),
        ("x = 'a name'", {"x = None", "x = 'XXa nameXX'", "x = 'A NAME'"}),
    ],
)
def test_the_operators_change_decisions_and_not_sentences(line: str, mutants: set[str]) -> None:
    operators.install()
    module, mutations, _, _ = create_mutations("f.py", f"def f(x):\n    {line}\n")
    changed = [module.deep_replace(one.original_node, one.mutated_node) for one in mutations]
    assert {one.code.splitlines()[1].strip() for one in changed if isinstance(one, cst.Module)} == mutants
