"""`python -m identity restore --stack S`: what a stack whose state was lost gets back from escrow, seed and chain.

It looks and sends nothing: `pulumi up` adopts the keys that it finds. Exit code 0: all keys are kept;
1: some keys are kept nowhere or cannot be used as they are; 2: it could not be looked.
"""

import argparse
import sys

from rich.table import Table
from rich.text import Text

from config.errors import HoprdError
from config.models.scalars import amount_text
from identity.chain.client import ChainClient
from identity.commands import Subparsers
from identity.commands.console import console_for_tables
from identity.commands.stack import Place
from identity.provisioning.pool_state import PoolState
from identity.secrets.sources import secrets_of
from identity.verification.recovery import KeptKeys, Restorable, State, kept_keys, on_chain

_NODE_KEYS, _POOL_ON_CHAIN = "pulumi-python:dynamic/hoprd:NodeKeys", "pulumi-python:dynamic/hoprd:PoolOnChain"
_WIDTH_OF_A_FILE = 240
_GOOD, _UNUSABLE, _NOT_LOOKED = 0, 1, 2


def add_to(commands: Subparsers) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "restore",
        help="list what `pulumi up` finds again after the state was lost; sends nothing",
        description="Exit code 0: all keys are kept; 1: some are kept nowhere or of no use; 2: it could not be looked.",
        allow_abbrev=False,
    )
    Place.add_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints a table of the identities and what `pulumi up` will do, or what kept it from looking."""
    try:
        found = _observe(Place.of(options))
    except HoprdError as error:
        print(f"not looked: {error}", file=sys.stderr)
        return _NOT_LOOKED
    console = console_for_tables(_WIDTH_OF_A_FILE)
    console.print(_table(found))
    console.print("\n".join(_summary(found)), highlight=False, soft_wrap=True, markup=False)
    return _UNUSABLE if any(one.problems for one in found) or _kept_nowhere(found) else _GOOD


def _observe(place: Place) -> list[Restorable]:
    settings, state = place.settings(), _state_of(place)
    secrets = secrets_of(settings.wallet, settings.platform)
    kept = {name: kept_keys(settings, secrets, name, state) for name in settings.pools}
    chain = ChainClient.of(settings.chain)
    return [one for name, keys in kept.items() for one in on_chain(chain, settings, name, keys, state)]


def _state_of(place: Place) -> State:
    """From the resources, which are there after a failed first `pulumi up` too, unlike outputs."""
    resources = place.resources()
    nodes = {keys["identity"]: keys["native_address"] for keys in resources[_NODE_KEYS]}
    deployers = {
        name: wallet for pool in resources[_POOL_ON_CHAIN] for name, wallet in PoolState.read(pool).deployers.items()
    }
    return State(nodes, deployers)


def _table(found: list[Restorable]) -> Table:
    table = Table()
    for column in ("Identity", "Keys are kept in", "Node", "Safe", "Safe exists", "xDai", "wxHOPR"):
        table.add_column(column, overflow="fold")
    for one in found:
        exists = "" if one.safe is None else "yes" if one.safe_exists else "no"
        amounts = (_amount(one.node_xdai_wei), _amount(one.safe_wxhopr_wei))
        row = (one.keys.identity, _where(one.keys), one.keys.node or "", one.safe or "", exists, *amounts)
        table.add_row(*map(Text, row))
    return table


def _summary(found: list[Restorable]) -> list[str]:
    def names(chosen: list[KeptKeys]) -> str:
        return ", ".join(one.identity for one in chosen)

    sound = [one.keys for one in found if not one.problems]
    lost, new = [one for one in sound if not one.in_state], _kept_nowhere(found)
    adopted = [one for one in lost if one.node]
    problems = [problem for one in found for problem in one.problems]
    lines = ["To be mended before `pulumi up`:", *problems] if problems else []
    if len(lost) < len(sound):
        lines.append(f"In the stack's state already: {len(sound) - len(lost)} of {len(found)}.")
    if adopted:
        lines.append(f"`pulumi up` takes these keys as they are, and sends only what is missing: {names(adopted)}.")
    if new:
        lines.append(f"Kept nowhere, `pulumi up` makes NEW keys for: {names(new)}.")
    return lines


def _kept_nowhere(found: list[Restorable]) -> list[KeptKeys]:
    """Those for which `pulumi up` would make new keys."""
    return [one.keys for one in found if not one.problems and not one.keys.in_state and not one.keys.node]


def _where(keys: KeptKeys) -> str:
    return keys.where or ("the state alone" if keys.in_state else "nowhere")


def _amount(wei: int | None) -> str:
    return "" if wei is None else amount_text(wei)
