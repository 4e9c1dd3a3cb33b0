"""The command line: `python -m devnet up | down | status | logs | stack`."""

import argparse
import errno
import sys
from collections.abc import Sequence
from pathlib import Path

from devnet import commands
from devnet.errors import DevnetError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what a person can mend is one message on standard error and exit code 1."""
    options, for_pulumi = _parser().parse_known_args(arguments)
    if for_pulumi and options.command != "stack":
        _parser().error(f"unrecognized arguments: {' '.join(for_pulumi)}")
    try:
        return _run(options, for_pulumi)
    except DevnetError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(
            f"error: the disk is full ({error.filename or 'where is not known'}): make room, try again", file=sys.stderr
        )
    except KeyboardInterrupt:
        return 130
    return 1


def _run(options: argparse.Namespace, for_pulumi: Sequence[str]) -> int:
    match options.command:
        case "up":
            return commands.up(options.block_time, options.base_fee, like_gnosis=options.like_gnosis)
        case "down":
            return commands.down()
        case "status":
            return commands.status(as_json=options.json)
        case "tools":
            commands.tools()
            return 0
        case "logs":
            return commands.logs(options.name, lines=options.lines, follow=options.follow)
        case _:
            return commands.stack(options.operation, options.stack, options.source, for_pulumi)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devnet", description="A real Kubernetes control plane and a real chain on this machine."
    )
    kinds = parser.add_subparsers(dest="command", required=True)

    up = kinds.add_parser("up", help="start everything; does nothing where all runs")
    up.add_argument(
        "--block-time", type=int, metavar="SECONDS", help="0 mines each transaction at once (DEVNET_BLOCK_TIME)"
    )
    up.add_argument("--base-fee", type=int, metavar="GWEI", help="base fee of the first block (DEVNET_BASE_FEE)")
    up.add_argument("--like-gnosis", action="store_true", help="a block every 5 s, 8 confirmations in the stacks")

    kinds.add_parser("down", help="end what was started and remove everything")

    status = kinds.add_parser("status", help="ask every server; exit code 1 when one does not work")
    status.add_argument("--json", action="store_true", help="for programs")

    kinds.add_parser("tools", help="find or build the programs, and show where each comes from")

    logs = kinds.add_parser("logs", help="what the servers print")
    logs.add_argument("name", nargs="?", help="a server, e.g. kube-apiserver; without it the names are listed")
    logs.add_argument("-n", "--lines", type=int, default=50, help="how many of the last lines")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")

    stack = kinds.add_parser("stack", help="run pulumi on devnet, e.g. `stack up local`")
    stack.add_argument(
        "operation", help="up, preview, refresh, destroy, output, cancel … any pulumi command, or configure"
    )
    stack.add_argument("stack", help="local, rotsee, dufour")
    stack.add_argument("--source", type=Path, help="configuration to use instead of Pulumi.<stack>.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
