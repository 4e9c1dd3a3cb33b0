"""`python -m identity inspect | restore | top-up | verify`; each command is a module of `identity.commands`."""

import argparse
import sys
from collections.abc import Sequence

from config.errors import ConfigurationError
from config.logs import configure_logging
from identity.commands import inspect, restore, top_up, verify

COMMANDS = (inspect, restore, top_up, verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors that a user can fix are one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m identity", description="Tools for identities.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(subparsers)
    options = parser.parse_args(arguments)
    try:
        configure_logging()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
