"""`python -m identity top-up`: the command of the funding job in the cluster.

Key and endpoint come from the environment (DEPLOYER_PRIVATE_KEY, RPC_URL), never from an argument.
Exit code 0: all identities have what they need; 1: some identities were skipped; 2: the command failed.
"""

import argparse
import os
import sys
from pathlib import Path

from config.errors import HoprdError, Problem
from config.secret_keys import DEPLOYER_PRIVATE_KEY, RPC_URL
from config.validation.explain import counted
from identity.chain.client import ChainClient
from identity.commands import Subparsers
from identity.errors import OrderUnreadable
from identity.evm.calls import Signers
from identity.provisioning.top_up import TopUp
from identity.provisioning.top_up_order import Order
from identity.secrets.signers import LocalSigner
from identity.secrets.sources import private_key_in

_UNKNOWN = "is a node of the pool, but not in the job's order: run `pulumi up`"
_COMPLETE, _SOME_SKIPPED, _FAILED = 0, 1, 2


def add_to(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "top-up",
        help="top up a pool's nodes and Safes; the funding job runs this",
        description=f"The payer's key comes from {DEPLOYER_PRIVATE_KEY}, the endpoint from {RPC_URL}. Exit code 0: all "
        "identities have what they need; 1: some identities were skipped; 2: the command failed.",
        allow_abbrev=False,
    )
    parser.add_argument("--order", type=Path, required=True, metavar="FILE", help="the pool, as `pulumi up` wrote it")
    parser.add_argument(
        "--nodes",
        type=Path,
        required=True,
        metavar="FILE",
        help="native addresses of the nodes to top up, separated by commas",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Top up, and print the payments and the skipped identities; return the exit code."""
    try:
        order = Order.parse(_text(options.order), os.environ.get(RPC_URL, ""))
        nodes = _text(options.nodes).replace(",", " ").split()
        order, unknown = order.only_nodes(nodes), order.unknown_nodes(nodes)
        signers = Signers(LocalSigner.of(private_key_in(os.environ, "the environment")))
        chain = ChainClient.of(order.chain_settings, lambda text: print(text, flush=True))
        done = TopUp(chain, signers, order, report=lambda text: print(text, flush=True)).run()
    except HoprdError as error:
        print(f"failed: {error}", file=sys.stderr)
        return _FAILED
    skipped = [*done.skipped, *(Problem(node, _UNKNOWN) for node in unknown)]
    for problem in skipped:
        print(f"skipped: {problem}", file=sys.stderr)
    count = len(order.desired.identities) + len(unknown)
    complete = count - len({problem.path for problem in skipped})
    sent = counted(len(done.receipts), "transaction")
    print(f"{complete} of {count} identities have what they need; {sent} sent")
    return _SOME_SKIPPED if skipped else _COMPLETE


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OrderUnreadable(f"{file} cannot be read ({type(error).__name__})") from None
