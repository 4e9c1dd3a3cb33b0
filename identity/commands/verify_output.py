"""The output of `verify`: tables for people, and JSON with a stable structure for programs."""

import json
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from config.models.networks import Network
from identity.commands import console_for_tables
from identity.observation.points import Point, Verdict
from identity.verification.verified_pool import VerifiedIdentity, VerifiedPool

_FILE_WIDTH = 200
_MARKS = {
    Verdict.OK: Text("ok", style="green"),
    Verdict.FAILS: Text("FAILS", style="bold red"),
    Verdict.UNPROVEN: Text("not proven", style="yellow"),
}


@dataclass(frozen=True)
class Report:
    """The verified pools of a stack."""

    stack: str
    network: Network
    pools: tuple[VerifiedPool, ...]

    @property
    def identities(self) -> tuple[VerifiedIdentity, ...]:
        """The identities of all pools."""
        return tuple(identity for pool in self.pools for identity in pool.identities)

    @property
    def failing(self) -> tuple[VerifiedIdentity, ...]:
        """The identities with at least one failed point."""
        return tuple(identity for identity in self.identities if identity.fails)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of the summary; `failing` counts identities in service and retired ones."""
        every = self.identities
        in_service = [identity for identity in every if not identity.retired]
        return {
            "identities": len(every),
            "usable": sum(not identity.fails for identity in in_service),
            "retired": len(every) - len(in_service),
            "failing": len(self.failing),
            "pointsNotProven": sum(identity.unproven for identity in every),
        }


def show(report: Report) -> None:
    """Print a table for each identity, then the failed points and a summary."""
    console = console_for_tables(_FILE_WIDTH)
    for pool in report.pools:
        for identity in pool.identities:
            console.print(_table(identity, pool))
    console.print(_summary(report), highlight=False, soft_wrap=True, markup=False)


def as_json(report: Report) -> str:
    """Return the JSON that docs/operations.md#verify-identities describes."""
    return json.dumps(
        {
            "ok": not report.failing,
            "stack": report.stack,
            "network": report.network.name,
            "chainId": report.network.chain_id,
            "summary": report.counts,
            "pools": [
                {
                    "name": pool.name,
                    "block": pool.block,
                    "identities": [_identity(identity) for identity in pool.identities],
                }
                for pool in report.pools
            ],
        },
        indent=2,
    )


def error_as_json(text: str) -> str:
    """Return the JSON for a verification that failed as a whole."""
    return json.dumps({"ok": None, "error": text}, indent=2)


def _identity(identity: VerifiedIdentity) -> dict[str, object]:
    return {
        "name": identity.name,
        "nativeAddress": identity.node,
        "safeAddress": identity.safe,
        "moduleAddress": identity.module,
        "trusted": identity.trusted,
        "retired": identity.retired,
        "ok": not identity.fails,
        "points": [_point(point) for point in identity.points],
    }


def _point(point: Point) -> dict[str, str]:
    return {"point": point.key, "expected": point.expected, "found": point.found, "verdict": point.verdict}


def _table(identity: VerifiedIdentity, pool: VerifiedPool) -> Table:
    kind = "retired, " if identity.retired else "Safe created elsewhere, " if identity.trusted else ""
    title = f"{identity.name} ({kind}node {identity.node or 'not created yet'}, block {pool.block})"
    table = Table(title=Text(title), title_justify="left")
    for column in ("Point", "Expected", "Found", ""):
        table.add_column(column, overflow="fold", no_wrap=column in ("Point", ""))
    for point in identity.points:
        table.add_row(Text(point.key), Text(point.expected), Text(point.found), _MARKS[point.verdict])
    return table


def _summary(report: Report) -> str:
    counts = report.counts
    lines = [
        f"{identity.name}: {point.key}: expected {point.expected}, found {point.found}"
        for identity in report.failing
        for point in identity.points
        if point.verdict is Verdict.FAILS
    ]
    unproven = f", {counts['pointsNotProven']} points not proven" if counts["pointsNotProven"] else ""
    lines.append(
        f"Stack {report.stack} on {report.network.name}: {counts['identities']} identities, {counts['usable']} usable, "
        f"{counts['retired']} retired, {counts['failing']} failing{unproven}"
    )
    return "\n".join(lines)
