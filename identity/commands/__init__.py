"""The commands of `python -m identity`: each adds itself to the parser, runs, and returns the exit code."""

import argparse
from typing import TypeAlias

from rich.console import Console

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def console_for_tables(file_width: int) -> Console:
    """Return a console as wide as the terminal, or `file_width` columns wide if the output goes to a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=file_width)
