"""Files and functions stay short: at most 300 lines a file and 60 lines a function."""

import ast
import subprocess
from pathlib import Path

from devnet.home import CHECKOUT

LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 60


def python_files() -> list[Path]:
    """Every Python file that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [file for name in listed.stdout.splitlines() if (file := CHECKOUT / name).exists()]


def test_no_file_is_too_long() -> None:
    lengths = {str(file.relative_to(CHECKOUT)): len(file.read_text().splitlines()) for file in python_files()}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > LINES_OF_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{file.relative_to(CHECKOUT)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for file in python_files()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > LINES_OF_A_FUNCTION} == {}
