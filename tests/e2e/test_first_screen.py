"""The first and the last screen of a preview name money, owners and deletions, in at most 25 lines.

A run without a terminal asks for a permission before it changes owners, drains or deletes.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_account import Account

from devnet.rpc import Rpc
from identity.consent import PERMISSIONS, VARIABLE
from summary.entries import MOST_LINES
from testkit.e2e.fleet import CLUSTER, POOL, Fleet
from testkit.e2e.screens import diagnostics, first_screen, last_screen

NAME, SECOND = "screens", "hoprd-second"
FOREIGN = "0x77C9414043d27fdC98A6A2d73fc77b9b383092a7"
Change = Callable[[dict[str, Any]], None]
OF_ONE_IDENTITY = re.compile(r":(Deployment|PersistentVolumeClaim|Service|Ingress|IdentityHoprd|Hoprd)$")
LAST = f"{POOL}-2"
BOTH = f"{POOL}-1…2, {SECOND}-1"


@pytest.fixture(scope="module")
def fleet(lasting_fleet: Callable[..., Fleet]) -> Fleet:
    """Two pools, with 2 identities and 1 node, and with 1 identity; 0.1 xDai and 10 wxHOPR for each identity."""
    created = lasting_fleet(NAME)

    def second_pool(settings: dict[str, Any]) -> None:
        balances = settings["pools"][POOL]["balances"]
        settings["pools"][SECOND] = {"size": 1, "balances": balances, "protectKeys": False}

    created.edit(second_pool)
    created.must("up")
    return created


@pytest.fixture(autouse=True)
def the_same_configuration(fleet: Fleet) -> Iterator[None]:
    """Put the configuration back after each test; previews change nothing."""
    before = fleet.stack.source.read_text()
    yield
    fleet.stack.source.write_text(before)


def grow(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["size"] = 3
    settings["clusters"][CLUSTER]["replicas"] = 2


def shrink(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["size"] = 1


def retire_and_remove_pool(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["identities"] = {LAST: {"retire": True}}
    del settings["pools"][SECOND]


def empty(settings: dict[str, Any]) -> None:
    settings |= {"pools": {}, "clusters": {}}


def foreign_owner_and_version(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["safe"] = {"admins": [FOREIGN], "ownersWithoutWallet": True}
    settings["clusters"][CLUSTER]["version"] = "2.2.4"


def everything_at_once(settings: dict[str, Any]) -> None:
    foreign_owner_and_version(settings)
    retire_and_remove_pool(settings)


def other_network(settings: dict[str, Any]) -> None:
    settings["network"] = "rotsee"  # devnet has its contracts too


def renamed_pool(settings: dict[str, Any]) -> None:
    settings["pools"]["renamed"] = settings["pools"].pop(POOL)
    settings["clusters"][CLUSTER]["pool"] = "renamed"


def other_namespace(settings: dict[str, Any]) -> None:
    settings["platform"]["namespace"] = "elsewhere"


CASES = [
    (
        grow,
        "",
        [
            r"The wallet sends \d transactions, about [\d,]+ gas: [\d.]+ xDai at the current fee, [\d.]+ xDai at most",
            rf"It pays 0\.1 xDai and 10 wxHOPR to 1 identity: {POOL}-3\.",
            r"Wallet 0x\w{40} has [\d.]+ xDai and [\d.]+ wxHOPR, keeps at least [\d.]+ xDai and [\d.]+ wxHOPR\.",
            rf"1 identity is created, with Safe and module: {POOL}-3\.",
            rf"1 node starts: {CLUSTER}-2\.",
        ],
    ),
    (
        shrink,
        "identities,volumes",
        [
            r"1 identity is left behind on chain: 0\.1 xDai and 10 wxHOPR stay with their nodes and Safes "
            rf"\(as of block \d+\): {LAST}\.",
            rf"The keys of 1 identity leave the state, .*: {LAST}\.",
            rf"1 volume with the nodes' databases is deleted: {LAST}\.",
        ],
    ),
    (
        retire_and_remove_pool,
        "drain,identities,volumes",
        [
            r"1 identity is retired and drained: 0\.09\d+ xDai and 10 wxHOPR move to wallet 0x\w{40}: "
            rf"{LAST}\.",
            rf"1 identity is left behind on chain: 0\.1 xDai and 10 wxHOPR stay .*: {SECOND}-1\.",
            rf"The keys of 1 identity leave the state, .*: {SECOND}-1\.",
            rf"1 volume with the nodes' databases is deleted: {LAST}\.",
        ],
    ),
    (
        empty,
        "identities,volumes",
        [
            rf"3 identities are left behind on chain: 0\.3 xDai and 30 wxHOPR stay .*: {BOTH}\.",
            rf"The keys of 3 identities leave the state, .*: {BOTH}\.",
            rf"2 volumes with the nodes' databases are deleted: {POOL}-1…2\.",
            rf"1 node is removed: {CLUSTER}-1\.",
        ],
    ),
    (
        foreign_owner_and_version,
        "owners",
        [
            rf"2 Safes get owner {FOREIGN}; the wallet loses control: {POOL}-1…2\.",
            rf"1 node restarts: {CLUSTER}-1 \(version 2\.2\.3 → 2\.2\.4\)\.",
        ],
    ),
    (
        other_namespace,
        "volumes",
        [
            rf"2 volumes with the nodes' databases are deleted: {POOL}-1…2\.",
            r"3 databases start empty, on a new volume in namespace elsewhere",
            rf"1 node moves to namespace elsewhere and starts anew: {CLUSTER}-1\.",
            rf"Namespace {NAME} stays, with the volumes in it\.",
        ],
    ),
]


def refusal(permissions: str) -> str:
    """What a run that lacks these permissions says."""
    what = ", ".join(PERMISSIONS[one] for one in permissions.split(","))
    return f"`pulumi up` without a terminal may not {what}: run it in a terminal, or set {VARIABLE}={permissions}"


@pytest.mark.parametrize(("change", "permissions", "expected"), CASES, ids=[change.__name__ for change, *_ in CASES])
def test_the_first_and_the_last_screen_name_money_owners_and_deletions(
    fleet: Fleet, change: Change, permissions: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They also say which permissions a run without a terminal lacks."""
    monkeypatch.delenv(VARIABLE)
    fleet.edit(change)
    previewed = fleet.run("preview")
    shown = previewed.stdout + previewed.stderr
    lines = first_screen(shown)
    assert lines, shown
    assert len(lines) <= MOST_LINES
    text, ends = "\n".join(lines), last_screen(shown)
    positions = []
    for pattern in expected:
        found = re.search(pattern, text)
        assert found, f"{pattern} is not in\n{text}"
        positions.append(found.start())
        assert re.search(pattern, diagnostics(shown)), diagnostics(shown)
        assert found.group()[:80] in ends
    assert positions == sorted(positions)
    assert previewed.returncode == 0, shown
    assert "Traceback" not in shown
    assert f"Refused: {refusal(permissions)}" in shown if permissions else "Refused" not in shown
    if change is grow:
        assert_no_object_of_other_identities_changes(shown)
    if change is retire_and_remove_pool:
        assert f"{LAST} retires: release the node" in shown


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (other_network, "network: the pools of this stack are on local, and a pool cannot move to rotsee: set network"),
        (renamed_pool, f"node {CLUSTER}-1 belongs to pool {POOL} and cannot move to renamed; a pool cannot be renamed"),
    ],
)
def test_a_run_that_cannot_work_says_so_in_one_sentence_and_nothing_else(
    fleet: Fleet, change: Change, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It describes no effect, and asks for no permission."""
    monkeypatch.delenv(VARIABLE)
    fleet.edit(change)
    previewed = fleet.run("preview")
    shown = previewed.stdout + previewed.stderr
    assert previewed.returncode != 0
    assert diagnostics(shown).count("error: ") == 1, shown
    assert sentence in diagnostics(shown)
    assert not re.search(f"left behind|restart|It pays|Refused|{VARIABLE}|Traceback", shown), shown


def assert_no_object_of_other_identities_changes(shown: str) -> None:
    updated = re.findall(r"^ ~  (\S+) (\S+) update", shown, flags=re.M)
    assert f"{POOL}-on-chain" in [name for _, name in updated]
    assert [one for one in updated if OF_ONE_IDENTITY.search(one[0])] == [], shown


def test_a_change_of_the_wallet_names_the_safes_their_new_owner_and_the_cost(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe of docs/operations.md#change-the-wallet, up to the preview."""
    monkeypatch.delenv(VARIABLE)
    configuration, sent, new = fleet.stack.file.read_text(), fleet.transactions_of_the_wallet(), Account.create()
    with Rpc(fleet.info.rpc_url) as rpc:
        rpc.call("anvil_setBalance", new.address, hex(10 * 10**18))
    fleet.set_secret("previous.privateKey", fleet.secret("privateKey"))
    fleet.set_secret("privateKey", new.key.hex())
    try:
        shown = fleet.must("preview")
    finally:
        fleet.stack.file.write_text(configuration)
    screen = "\n".join(first_screen(shown))
    assert f"3 Safes get owner {new.address}; the wallet takes control: {BOTH}." in screen
    assert re.search(r"^The wallet sends 2 transactions, about [\d,]+ gas: 0\.0\d+ xDai at the", screen, re.M), screen
    assert re.search(rf"^Wallet {new.address} has 10 xDai and 0 wxHOPR, keeps at least 9\.9\d+ xDai", screen, re.M)
    assert f"Refused: {refusal('owners')}" in screen
    assert not re.search("It pays|created, with|drained|left behind|Problem", screen), screen
    assert shown.count("hand over to this wallet") >= len(BOTH.split(", ")) + 1
    assert fleet.transactions_of_the_wallet() == sent


def test_an_unchanged_stack_changes_nothing(fleet: Fleet) -> None:
    shown = fleet.must("preview", "--expect-no-changes")
    assert first_screen(shown)[0].startswith("Nothing changes"), shown


def test_an_update_without_a_permission_sends_and_changes_nothing(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, resources = fleet.transactions_of_the_wallet(), fleet.resources()
    fleet.edit(everything_at_once)
    for allowed, refused in (("", "owners,drain,identities,volumes"), ("volumes, owners", "drain,identities")):
        monkeypatch.setenv(VARIABLE, allowed)
        stopped = fleet.run("up")
        shown = stopped.stdout + stopped.stderr
        assert stopped.returncode != 0
        assert f"error: refused: {refusal(refused)}" in shown
        assert "Traceback" not in shown
    monkeypatch.setenv(VARIABLE, "everything")
    assert f"{VARIABLE}: 'everything' is not a permission" in fleet.run("preview").stdout
    assert fleet.transactions_of_the_wallet() == sent
    assert {one["urn"] for one in fleet.resources()} == {one["urn"] for one in resources}
