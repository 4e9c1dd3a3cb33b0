"""A fleet that loses its state: what it has before and after, and what `restore` reports."""

import itertools
import subprocess
import sys

from devnet.home import CHECKOUT
from testkit.e2e.fleet import CUSTOM_RESOURCES, Completed, Fleet

_ADDRESSES = ("peerId", "nativeAddress", "safeAddress", "moduleAddress")


def identities(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """The addresses of each identity in the stack's outputs, by name."""
    return {name: tuple(row[key] for key in _ADDRESSES) for name, row in fleet.outputs()["identities"].items()}


def balances_wei(fleet: Fleet) -> dict[str, tuple[int, int]]:
    """xDai of the node and wxHOPR of the Safe of each identity, by name."""
    rows = fleet.outputs()["identities"]
    return {n: (fleet.xdai_wei(row["nativeAddress"]), fleet.wxhopr_wei(row["safeAddress"])) for n, row in rows.items()}


def lose_the_state(fleet: Fleet) -> None:
    """Replace the stack by an empty one; the cluster keeps its objects."""
    for operation, *arguments in (("rm", "--force", "--yes", "--preserve-config"), ("init", "--no-select")):
        done = fleet.stack.capture(operation, [*arguments, "--non-interactive"])
        assert done.returncode == 0, done.stderr
    assert fleet.resources() == []


def lose_the_cluster(fleet: Fleet) -> None:
    """Remove the stack's objects, as if the cluster were lost; the volumes stay."""
    scope = ("--namespace", fleet.stack.namespace)
    for kind in CUSTOM_RESOURCES:
        for name in fleet.objects(kind):
            fleet.kubectl("patch", kind, name, *scope, "--type", "merge", "--patch", '{"metadata":{"finalizers":null}}')
    fleet.kubectl("delete", ",".join(CUSTOM_RESOURCES), "--all", *scope, "--cascade=orphan")
    kinds = "deployment,service,ingress,cronjob,secret,configmap,serviceaccount,servicemonitor"
    fleet.kubectl("delete", kinds, *scope, "--selector", "hoprds.hoprnet.org/identitypool")
    assert not [name for kind in CUSTOM_RESOURCES for name in fleet.objects(kind)]
    assert not fleet.objects("deployment")


def uids(fleet: Fleet, kind: str) -> dict[str, str]:
    """The uid of each object of a kind, by name."""
    return {name: item["metadata"]["uid"] for name, item in fleet.objects(kind).items()}


def restore(fleet: Fleet) -> Completed:
    """Run `python -m identity restore` for the fleet's stack."""
    command = [sys.executable, "-m", "identity", "restore", "--stack", fleet.stack.name]
    return subprocess.run(
        [*command, "--config-file", str(fleet.stack.file)],
        cwd=CHECKOUT,
        env=fleet.stack.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def row_of(shown: Completed, identity: str) -> list[str]:
    """Return the cells of an identity in the table of `restore`, without blanks: long cells span several lines."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.stdout.splitlines() if "│" in line]
    start = next(index for index, (name, *_) in enumerate(rows) if name == identity)
    folded = itertools.takewhile(lambda row: row[0] in ("", identity), rows[start:])
    return ["".join(parts).replace(" ", "") for parts in zip(*folded, strict=True)]
