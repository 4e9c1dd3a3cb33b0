"""`python -m bench [chain]`: prints tables and writes bench/results/NAME.json; exits with 1 if a bar is missed."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from bench import chain

BENCHMARKS = {"chain": chain.measure}
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run the named benchmarks, by default all of them; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all by default")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := sorted(set(names) - BENCHMARKS.keys()):
        parser.error(f"unknown benchmark {', '.join(unknown)}: name {', '.join(BENCHMARKS)}, or none to run all")
    console, missed = Console(), False
    for name in names:
        results = BENCHMARKS[name](console)
        file = RESULTS / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(results.as_json(), indent=2) + "\n")
        console.print(f"written to {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
        missed = missed or not all(bar.met for bar in results.bars)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
