"""`python -m config schema` and `python -m config check FILE [--json]`."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from config.command.check import Report, check_file
from config.command.schema import stack_file_schema
from config.errors import ConfigurationError
from config.logs import configure_logging


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 for a valid file, 1 for an invalid one."""
    parser = argparse.ArgumentParser(prog="python -m config", description="Check the configuration of a stack.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("schema", help="print the JSON Schema of a stack file's 'config'")
    check = commands.add_parser("check", help="check a stack file without Pulumi")
    check.add_argument("file", type=Path, help="e.g. Pulumi.rotsee.yaml")
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    chosen = parser.parse_args(arguments)
    try:
        configure_logging()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    if chosen.command == "schema":
        print(json.dumps(stack_file_schema(), indent=2))
        return 0
    report = check_file(chosen.file)
    print(_as_json(report) if chosen.json else _as_text(report))
    return 1 if report.problems else 0


def _as_json(report: Report) -> str:
    return json.dumps(
        {
            "ok": not report.problems,
            "problems": [asdict(problem) for problem in report.problems],
            "warnings": [asdict(warning) for warning in report.warnings],
            "missingSecrets": [asdict(problem) for problem in report.missing_secrets],
            "counts": report.counts,
        },
        indent=2,
    )


def _as_text(report: Report) -> str:
    warnings = [f"warning: {warning}" for warning in report.warnings]
    if report.problems:
        return "\n".join([*map(str, report.problems), *warnings])
    counts = ", ".join(f"{count} {_noun(noun, count)}" for noun, count in report.counts.items())
    notes = [f"before 'pulumi up': {problem}" for problem in report.missing_secrets]
    return "\n".join([f"OK: {counts}", *warnings, *notes])


def _noun(plural: str, count: int) -> str:
    singular = {"identities": "identity"}.get(plural, plural.removesuffix("s"))
    return singular if count == 1 else plural


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, for example `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
