"""The first and the last screen of a preview name money, owners and deletions, in at most 25 lines."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from summary.entries import MOST_LINES
from testkit.e2e.fleet import CLUSTER, POOL, Fleet
from testkit.e2e.screens import diagnostics, first_screen, last_screen

NAME, SECOND = "screens", "hoprd-second"
FOREIGN = "0x77C9414043d27fdC98A6A2d73fc77b9b383092a7"
Change = Callable[[dict[str, Any]], None]
OF_ONE_IDENTITY = re.compile(r":(Deployment|PersistentVolumeClaim|Service|Ingress|IdentityHoprd|Hoprd)$")
BOTH = f"{POOL}-1…2, {SECOND}-1"


@pytest.fixture(scope="module")
def fleet(devnet_home: Home, devnet: DevnetInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two pools, with 2 identities and 1 node, and with 1 identity; 0.1 xDai and 10 wxHOPR for each identity."""
    created = Fleet.create(devnet_home, devnet, tmp_path_factory.mktemp("screens"), NAME)

    def small(settings: dict[str, Any]) -> None:
        settings["platform"]["namespace"] = NAME
        settings["pools"][POOL] |= {"size": 2, "retainVolumes": False}
        settings["pools"][SECOND] = {"size": 1, "balances": settings["pools"][POOL]["balances"], "protectKeys": False}
        settings["clusters"][CLUSTER]["replicas"] = 1

    created.edit(small)
    created.must("up")
    yield created
    created.must("destroy")


@pytest.fixture(autouse=True)
def the_same_configuration(fleet: Fleet) -> Iterator[None]:
    """Put the configuration back after each test; previews change nothing."""
    before = fleet.stack.source.read_text()
    yield
    fleet.stack.source.write_text(before)


def scale(settings: dict[str, Any]) -> None:
    settings["clusters"][CLUSTER]["replicas"] = 2


def grow(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["size"] = 3


def shrink(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["size"] = 1


def version(settings: dict[str, Any]) -> None:
    settings["clusters"][CLUSTER]["version"] = "2.2.4"


def retire(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["identities"] = {f"{POOL}-2": {"retire": True}}


def remove_pool(settings: dict[str, Any]) -> None:
    del settings["pools"][SECOND]


def empty(settings: dict[str, Any]) -> None:
    settings |= {"pools": {}, "clusters": {}}


def foreign_owner(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["safe"] = {"admins": [FOREIGN], "ownersWithoutWallet": True}


def other_network(settings: dict[str, Any]) -> None:
    settings["network"] = "rotsee"  # devnet has its contracts too


def other_namespace(settings: dict[str, Any]) -> None:
    settings["platform"]["namespace"] = "elsewhere"


CASES = [
    (scale, [rf"1 node starts: {CLUSTER}-2\."]),
    (
        grow,
        [
            r"The wallet sends \d transactions, about [\d,]+ gas: [\d.]+ xDai at the current fee, [\d.]+ xDai at most",
            rf"It pays 0\.1 xDai and 10 wxHOPR to 1 identity: {POOL}-3\.",
            r"Wallet 0x\w{40} has [\d.]+ xDai and [\d.]+ wxHOPR, keeps at least [\d.]+ xDai and [\d.]+ wxHOPR\.",
            rf"1 identity is created, with Safe and module: {POOL}-3\.",
        ],
    ),
    (
        shrink,
        [
            r"1 identity is left behind on chain: 0\.1 xDai and 10 wxHOPR stay with their nodes and Safes "
            rf"\(as of block \d+\): {POOL}-2\.",
            rf"The keys of 1 identity leave the state, .*: {POOL}-2\.",
            rf"1 volume with the nodes' databases is deleted: {POOL}-2\.",
        ],
    ),
    (version, [rf"1 node restarts: {CLUSTER}-1 \(version 2\.2\.3 → 2\.2\.4\)\."]),
    (
        retire,
        [
            r"1 identity is retired and drained: 0\.09\d+ xDai and 10 wxHOPR move to wallet 0x\w{40}: "
            rf"{POOL}-2\.",
            rf"1 volume with the nodes' databases is deleted: {POOL}-2\.",
        ],
    ),
    (
        remove_pool,
        [
            rf"1 identity is left behind on chain: 0\.1 xDai and 10 wxHOPR stay .*: {SECOND}-1\.",
            rf"The keys of 1 identity leave the state, .*: {SECOND}-1\.",
        ],
    ),
    (
        empty,
        [
            rf"3 identities are left behind on chain: 0\.3 xDai and 30 wxHOPR stay .*: {BOTH}\.",
            rf"The keys of 3 identities leave the state, .*: {BOTH}\.",
            rf"2 volumes with the nodes' databases are deleted: {POOL}-1…2\.",
            rf"1 node is removed: {CLUSTER}-1\.",
        ],
    ),
    (foreign_owner, [rf"2 Safes get owner {FOREIGN}; the wallet loses control: {POOL}-1…2\."]),
    (
        other_network,
        [
            r"3 Safes are left behind on chain: 0 xDai and 30 wxHOPR stay there",
            r"network: the pools of this stack are on local, and a pool cannot move to rotsee: set network to local",
        ],
    ),
    (
        other_namespace,
        [
            rf"2 volumes with the nodes' databases are deleted: {POOL}-1…2\.",
            r"3 databases start empty, on a new volume in namespace elsewhere",
            rf"Namespace {NAME} stays, with the volumes in it\.",
        ],
    ),
]


@pytest.mark.parametrize(("change", "expected"), CASES, ids=[change.__name__ for change, _ in CASES])
def test_the_first_and_the_last_screen_name_money_owners_and_deletions(
    fleet: Fleet, change: Change, expected: list[str]
) -> None:
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
        if previewed.returncode == 0:
            assert found.group()[:80] in ends
    assert positions == sorted(positions)
    assert "Traceback" not in shown


def test_a_change_of_one_identity_shows_no_change_of_the_objects_of_others(fleet: Fleet) -> None:
    fleet.edit(grow)
    shown = fleet.must("preview")
    updated = re.findall(r"^ ~  (\S+) (\S+) update", shown, flags=re.M)
    assert f"{POOL}-on-chain" in [name for _, name in updated]
    assert [one for one in updated if OF_ONE_IDENTITY.search(one[0])] == [], shown


def test_an_unchanged_stack_changes_nothing(fleet: Fleet) -> None:
    shown = fleet.must("preview", "--expect-no-changes")
    assert first_screen(shown)[0].startswith("Nothing changes"), shown
