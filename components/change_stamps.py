"""The time of the last change of each object's spec; it stays while the checksum of the spec stays the same.

It is the `status.updateTimestamp` of the custom resources. The current time would be different in each run, so every
`pulumi up` would have a change. As in the allocation, `check` does the work.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

_STAMPS = "stamps"


def stamp(
    checksums: Mapping[str, str], previous: Mapping[str, Mapping[str, str]], now: datetime
) -> dict[str, dict[str, str]]:
    """Return `{checksum, timestamp}` of each object: the previous one if the checksum is equal, else `now` in UTC."""
    time = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        name: dict(previous[name])
        if previous.get(name, {}).get("checksum") == checksum
        else {"checksum": checksum, "timestamp": time}
        for name, checksum in checksums.items()
    }


class ChangeStampsProvider(ResourceProvider):
    """Convert properties; `stamp` decides."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult({_STAMPS: stamp(news["checksums"], _olds.get(_STAMPS, {}), datetime.now(UTC))}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds.get(_STAMPS) != _news.get(_STAMPS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("change-stamps", {_STAMPS: props[_STAMPS]})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({_STAMPS: _news[_STAMPS]})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Only the state has the stamps."""


class ChangeStamps(Resource, module="hoprd", name="ChangeStamps"):
    """The stamps of one stack: `{object: {checksum, timestamp}}`."""

    stamps: pulumi.Output[Mapping[str, Mapping[str, str]]]

    def __init__(
        self,
        name: str,
        checksums: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(ChangeStampsProvider(), name, {"checksums": checksums, _STAMPS: None}, opts)

    def of(self, kind: str, name: str) -> pulumi.Output[Mapping[str, str]]:
        """Checksum and timestamp of one object; a preview has them too."""
        return self.stamps.apply(lambda stamps: stamps[f"{kind}/{name}"])
