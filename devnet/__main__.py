"""The command line: `python -m devnet up | down | status | tools | logs | stack`."""

import argparse
import errno
import sys
from collections.abc import Sequence
from pathlib import Path

from devnet import commands
from devnet.errors import DevnetError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; print an error that a person can fix as one message on standard error, with exit code 1."""
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
            f"error: the disk is full ({error.filename or 'unknown file'}): free some space, then try again",
            file=sys.stderr,
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
    subcommands = parser.add_subparsers(dest="command", required=True)

    up = subcommands.add_parser("up", help="start everything that does not run")
    up.add_argument(
        "--block-time", type=int, metavar="SECONDS", help="0 mines each transaction at once (or DEVNET_BLOCK_TIME)"
    )
    up.add_argument("--base-fee", type=int, metavar="GWEI", help="base fee of the first block (or DEVNET_BASE_FEE)")
    up.add_argument("--like-gnosis", action="store_true", help="a block every 5 s, 8 confirmations in the stacks")

    subcommands.add_parser("down", help="stop all servers and remove everything")

    status = subcommands.add_parser("status", help="probe every server; exit code 1 when one does not work")
    status.add_argument("--json", action="store_true", help="print JSON")

    subcommands.add_parser("tools", help="find, download or build the tools, and show the origin of each")

    logs = subcommands.add_parser("logs", help="print the logs of the servers")
    logs.add_argument("name", nargs="?", help="a server, e.g. kube-apiserver; without it, list the names")
    logs.add_argument("-n", "--lines", type=int, default=50, help="number of lines, counted from the end")
    logs.add_argument("-f", "--follow", action="store_true", help="print new lines until interrupted")

    stack = subcommands.add_parser("stack", help="run pulumi on devnet, e.g. `stack up local`")
    stack.add_argument(
        "operation", help="any pulumi command, e.g. up, preview, refresh, destroy, output, cancel; or configure"
    )
    stack.add_argument("stack", help="local, rotsee, dufour")
    stack.add_argument("--source", type=Path, help="configuration file to use instead of Pulumi.<stack>.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
