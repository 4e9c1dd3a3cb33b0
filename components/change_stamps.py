"""When the description of each object last changed: kept as long as its checksum stays the same.

The custom resources' `status.updateTimestamp` comes from here. A time taken while the program runs would be another
one in each run, and no `pulumi up` would ever be without a change. As with the allocation, `check` does the work.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

_KEPT = "stamps"


def stamp(
    checksums: Mapping[str, str], before: Mapping[str, Mapping[str, str]], now: datetime
) -> dict[str, dict[str, str]]:
    """Give each object `{checksum, timestamp}`: what it had if the checksum is the same, else `now` (UTC, seconds)."""
    time = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        name: dict(before[name])
        if before.get(name, {}).get("checksum") == checksum
        else {"checksum": checksum, "timestamp": time}
        for name, checksum in checksums.items()
    }


class ChangeStampsProvider(ResourceProvider):
    """Translates; the decision is in `stamp`."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult({_KEPT: stamp(news["checksums"], _olds.get(_KEPT, {}), datetime.now(UTC))}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds.get(_KEPT) != _news.get(_KEPT))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("change-stamps", {_KEPT: props[_KEPT]})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({_KEPT: _news[_KEPT]})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Nothing but the memory of it exists."""


class ChangeStamps(Resource, module="hoprd", name="ChangeStamps"):
    """The stamps of one stack: `{object: {checksum, timestamp}}`."""

    stamps: pulumi.Output[Mapping[str, Mapping[str, str]]]

    def __init__(
        self,
        name: str,
        checksums: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(ChangeStampsProvider(), name, {"checksums": checksums, _KEPT: None}, opts)

    def of(self, kind: str, name: str) -> pulumi.Output[Mapping[str, str]]:
        """Checksum and timestamp of one object; known in a preview too."""
        return self.stamps.apply(lambda stamps: stamps[f"{kind}/{name}"])
