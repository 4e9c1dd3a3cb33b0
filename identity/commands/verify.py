"""`python -m identity verify --stack S`: is every identity of a stack what it must be on chain?

Exit code 0: all are, or nothing is known to be wrong; 1: a point fails; 2: it could not be checked.
"""

import argparse
import sys

from config.errors import HoprdError
from identity.chain.client import ChainClient
from identity.commands import Subparsers, verify_output
from identity.commands.stack import Place
from identity.commands.verify_output import Report
from identity.verification.verified_pool import check

_GOOD, _FAILS, _NOT_CHECKED = 0, 1, 2


def add_to(commands: Subparsers) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="check every identity of a stack on chain; sends nothing",
        description="Exit code 0: all good; 1: a point fails; 2: it could not be checked.",
        allow_abbrev=False,
    )
    Place.add_to(parser)
    parser.add_argument("--json", action="store_true", help="print JSON (docs/operations.md#verify-identities)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints a table for each identity and a summary, or what kept it from checking."""
    try:
        report = _observe(Place.of(options))
    except HoprdError as error:
        if options.json:
            print(verify_output.error_as_json(str(error)))
        print(f"not checked: {error}", file=sys.stderr)
        return _NOT_CHECKED
    if options.json:
        print(verify_output.as_json(report))
    else:
        verify_output.show(report)
    return _FAILS if report.failing else _GOOD


def _observe(place: Place) -> Report:
    settings, outputs = place.settings(), place.outputs()
    chain = ChainClient.of(settings.chain)
    pools = tuple(check(chain, settings, name, outputs) for name in settings.pools)
    return Report(place.name, settings.network, pools)
