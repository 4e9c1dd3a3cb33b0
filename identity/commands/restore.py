"""`python -m identity restore --stack S`: shows what a stack that lost its state gets back.

The keys can be in the cluster, in escrow or in the configuration; Safes and balances are on chain.

It only reads; `pulumi up` adopts the keys that it finds. Exit code 0: all keys are stored and usable;
1: some keys are stored nowhere or are not usable; 2: the search failed.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from config.errors import HoprdError
from config.models.scalars import amount_text
from config.models.settings import Settings
from config.stack_state import NODE_KEYS, POOL_ON_CHAIN, NodeKeysState, PoolState
from identity.chain.client import ChainClient
from identity.commands import Subparsers, console_for_tables
from identity.commands.stack import StackLocation
from identity.errors import SecretsUnavailable
from identity.keys.copies import Copy, cluster_location, copies_in_cluster
from identity.secrets.sources import secrets_of
from identity.verification.recovery import KnownState, RestorableIdentity, StoredKeys, find_keys, find_on_chain

_FILE_WIDTH = 240
_ALL_USABLE, _SOME_UNUSABLE, _FAILED = 0, 1, 2


def add_to(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "restore",
        help="list what `pulumi up` restores after the state was lost; sends no transaction",
        description="Exit code 0: all keys are usable; 1: some are stored nowhere or not usable; 2: the search failed.",
        allow_abbrev=False,
    )
    StackLocation.add_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a table of the identities and what `pulumi up` will do; return the exit code."""
    try:
        found, not_searched = _search(StackLocation.of(options))
    except HoprdError as error:
        print(f"failed: {error}", file=sys.stderr)
        return _FAILED
    console = console_for_tables(_FILE_WIDTH)
    console.print(_table(found))
    console.print("\n".join(_summary(found)), highlight=False, soft_wrap=True, markup=False)
    if not_searched:
        print(
            f"the cluster was not searched for keys, and `pulumi up` generates none until it is: {not_searched}",
            file=sys.stderr,
        )
    return _SOME_UNUSABLE if any(one.problems for one in found) or _stored_nowhere(found) else _ALL_USABLE


def _search(location: StackLocation) -> tuple[list[RestorableIdentity], str | None]:
    """Return the identities, and the reason for which the cluster could not be searched, if it could not."""
    settings, state = location.settings(), _state_of(location)
    secrets = secrets_of(settings.wallet, settings.platform)
    copies, not_searched = _in_cluster(settings)
    stored = {name: find_keys(settings, secrets, name, copies[name], state) for name in settings.pools}
    chain = ChainClient.of(settings.chain, lambda text: print(text, file=sys.stderr))
    return [
        one for name, keys in stored.items() for one in find_on_chain(chain, settings, name, keys, state)
    ], not_searched


def _in_cluster(settings: Settings) -> tuple[dict[str, Mapping[str, Sequence[Copy]]], str | None]:
    """Return the copies in the cluster by pool and identity, and the reason if they cannot be read."""
    try:
        return {
            name: copies_in_cluster(cluster_location(settings, name), settings.stack) for name in settings.pools
        }, None
    except SecretsUnavailable as error:
        return {name: {} for name in settings.pools}, str(error)


def _state_of(location: StackLocation) -> KnownState:
    """Read the state from the resources: unlike outputs, they exist even after a failed first `pulumi up`."""
    resources = location.resources()
    keys = [NodeKeysState.model_validate(outputs) for outputs in resources[NODE_KEYS]]
    deployers = {
        name: wallet for pool in resources[POOL_ON_CHAIN] for name, wallet in PoolState.read(pool).deployers.items()
    }
    return KnownState({one.identity: one.native_address for one in keys}, deployers)


def _table(found: list[RestorableIdentity]) -> Table:
    table = Table()
    for column in ("Identity", "Keys stored in", "Node", "Safe", "Safe exists", "xDai", "wxHOPR"):
        table.add_column(column, overflow="fold")
    for one in found:
        exists = "" if one.safe is None else "yes" if one.safe_exists else "no"
        amounts = (_amount(one.node_xdai_wei), _amount(one.safe_wxhopr_wei))
        row = (one.keys.identity, _storage(one.keys), one.keys.node or "", one.safe or "", exists, *amounts)
        table.add_row(*map(Text, row))
    return table


def _summary(found: list[RestorableIdentity]) -> list[str]:
    def names(chosen: list[StoredKeys]) -> str:
        return ", ".join(one.identity for one in chosen)

    usable = [one.keys for one in found if not one.problems]
    lost, new = [one for one in usable if not one.in_state], _stored_nowhere(found)
    adopted = [one for one in lost if one.node]
    problems = [problem for one in found for problem in one.problems]
    lines = ["Fix before `pulumi up`:", *problems] if problems else []
    if len(lost) < len(usable):
        lines.append(f"Already in the stack's state: {len(usable) - len(lost)} of {len(found)}.")
    if adopted:
        lines.append(f"`pulumi up` adopts these keys, and sends only missing transactions: {names(adopted)}.")
    if new:
        lines.append(f"Stored nowhere, so `pulumi up` generates NEW keys for: {names(new)}.")
    return lines


def _stored_nowhere(found: list[RestorableIdentity]) -> list[StoredKeys]:
    """Return the identities for which `pulumi up` would generate new keys."""
    return [one.keys for one in found if not one.problems and not one.keys.in_state and not one.keys.node]


def _storage(keys: StoredKeys) -> str:
    return keys.where or ("only the state" if keys.in_state else "nowhere")


def _amount(wei: int | None) -> str:
    return "" if wei is None else amount_text(wei)
