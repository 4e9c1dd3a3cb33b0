"""`python -m identity top-up`: what the funding job in the cluster runs.

Key and endpoint come from the environment (DEPLOYER_PRIVATE_KEY, RPC_URL), never from an argument.
Exit code 0: all have what they need; 1: some identities were left out; 2: it could not go on.
"""

import argparse
import os
import sys
from pathlib import Path

from config.errors import HoprdError, Problem
from config.secret_keys import DEPLOYER_PRIVATE_KEY, RPC_URL
from identity.chain.client import ChainClient
from identity.commands import Subparsers
from identity.errors import OrderUnreadable
from identity.evm.calls import Signers
from identity.provisioning.top_up import TopUp
from identity.provisioning.top_up_order import Order
from identity.secrets.signers import LocalSigner
from identity.secrets.sources import private_key_in

_UNKNOWN = "is in the cluster, and what the job is told does not know it: run `pulumi up`"
_GOOD, _SOME_LEFT_OUT, _NOT_DONE = 0, 1, 2


def add_to(commands: Subparsers) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "top-up",
        help="pay what a pool's nodes and Safes lack; run by the funding job",
        description="Exit code 0: all have what they need; 1: some identities were left out; 2: it could not go on. "
        f"The key that pays is in {DEPLOYER_PRIVATE_KEY}, the endpoint in {RPC_URL}.",
        allow_abbrev=False,
    )
    parser.add_argument("--order", type=Path, required=True, metavar="FILE", help="the pool, as `pulumi up` wrote it")
    parser.add_argument(
        "--nodes", type=Path, required=True, metavar="FILE", help="native addresses to look after, with commas between"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Tops up and says what was sent and who was left out."""
    try:
        order = Order.read(_text(options.order), os.environ.get(RPC_URL, ""))
        nodes = _text(options.nodes).replace(",", " ").split()
        order, unknown = order.only_nodes(nodes), order.unknown(nodes)
        signers = Signers(LocalSigner.of(private_key_in(os.environ, "the environment")))
        chain = ChainClient.of(order.chain_settings)
        done = TopUp(chain, signers, order, report=lambda text: print(text, flush=True)).run()
    except HoprdError as error:
        print(f"not done: {error}", file=sys.stderr)
        return _NOT_DONE
    left_out = [*done.left_out, *(Problem(node, _UNKNOWN) for node in unknown)]
    for problem in left_out:
        print(f"left out: {problem}", file=sys.stderr)
    count = len(order.desired.identities) + len(unknown)
    fit = count - len({problem.path for problem in left_out})
    print(f"{fit} of {count} identities have what they need; {len(done.receipts)} sent")
    return _SOME_LEFT_OUT if left_out else _GOOD


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OrderUnreadable(f"{file} cannot be read ({type(error).__name__})") from None
