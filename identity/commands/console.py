"""Where commands print their tables."""

from rich.console import Console


def console_for_tables(width_of_a_file: int) -> Console:
    """As wide as the terminal; where the output goes into a file or a pipe, as wide as the table needs."""
    console = Console()
    return console if console.is_terminal else Console(width=width_of_a_file)
