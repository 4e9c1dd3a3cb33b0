"""`python -m identity verify --stack S`: verifies every identity of a stack on chain.

Exit code 0: no point fails; 1: a point fails; 2: the verification failed.
"""

import argparse
import sys

from config.errors import HoprdError
from identity.chain.client import ChainClient
from identity.commands import Subparsers, verify_output
from identity.commands.stack import StackLocation
from identity.commands.verify_output import Report
from identity.verification.verified_pool import verify_pool

_NO_POINT_FAILS, _A_POINT_FAILS, _FAILED = 0, 1, 2


def add_to(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="verify every identity of a stack on chain; sends no transaction",
        description="Exit code 0: no point fails; 1: a point fails; 2: the verification failed.",
        allow_abbrev=False,
    )
    StackLocation.add_to(parser)
    parser.add_argument("--json", action="store_true", help="print JSON (docs/operations.md#verify-identities)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a table for each identity and a summary; return the exit code."""
    try:
        report = _verify(StackLocation.of(options))
    except HoprdError as error:
        if options.json:
            print(verify_output.error_as_json(str(error)))
        print(f"failed: {error}", file=sys.stderr)
        return _FAILED
    if options.json:
        print(verify_output.as_json(report))
    else:
        verify_output.show(report)
    return _A_POINT_FAILS if report.failing else _NO_POINT_FAILS


def _verify(location: StackLocation) -> Report:
    settings, outputs = location.settings(), location.outputs()
    chain = ChainClient.of(settings.chain, lambda text: print(text, file=sys.stderr))
    pools = tuple(verify_pool(chain, settings, name, outputs) for name in settings.pools)
    return Report(location.name, settings.network, pools)
