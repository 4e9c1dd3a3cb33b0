"""The dynamic providers: they translate, and the modules beside them decide.

Three resources, because Pulumi records a resource only after its `create` has returned:
`Presence` comes before all objects, finds those that somebody has deleted, and lets Pulumi create them again.
`FleetFinalizers` comes after the custom resources and before `FleetStatus`. It writes nothing until it is deleted or
loses a custom resource: then it removes the finalizer. So the state knows who removes a finalizer before it exists.
`FleetStatus` comes last. It waits for the nodes, and writes finalizers and statuses.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.runtime.rpc import UNKNOWN

from components.status.apply import release
from components.status.model import DesiredFleet
from components.status.observe import absent
from components.status.presence import announcement, next_tokens
from components.status.settle import Place, settle
from identity.cluster.api import ClusterApi
from identity.configured import Configured, Properties, abort_with_message, notify
from identity.errors import NoUsableContext
from summary.recorded import RecordedObject

_log = logging.getLogger(__name__)

PLACE = ("context", "namespace")
DESIRED = ("pools", "clusters", "nodes")
STATUSES, TOKENS, OBJECTS, RESOURCES, TIMEOUT = "statuses", "tokens", "objects", "resources", "timeoutS"


class _OfCluster(Configured):
    """Connects to the cluster of the context in its properties."""

    connect: ClassVar[type[ClusterApi]] = ClusterApi


class PresenceProvider(_OfCluster):
    """Gives each object that somebody has deleted a token, so that it is created again. `check` reads the cluster."""

    @abort_with_message
    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        objects = [RecordedObject(**one) for one in news[OBJECTS]]
        missing: list[RecordedObject] = []
        if objects:
            with self.connect(news.get("context")) as api:
                missing = absent(api, objects)
        if missing:
            notify(announcement(missing))
        place = {key: news.get(key) for key in PLACE}
        return CheckResult({**place, TOKENS: next_tokens(objects, _olds.get(TOKENS) or {}, missing)}, [])

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        return DiffResult(changes=_differ(_olds, _news, (*PLACE, TOKENS)))

    def create(self, props: Properties) -> CreateResult:
        return CreateResult("presence", props)

    def read(self, id_: str, props: Properties) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        return UpdateResult(_news)

    def delete(self, _id: str, _props: Properties) -> None:
        """Only the state has the tokens."""


class FleetFinalizersProvider(_OfCluster):
    """Removes the finalizer from custom resources before Pulumi deletes them."""

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        return DiffResult(changes=_differ(_olds, _news, (*PLACE, RESOURCES)))

    def create(self, props: Properties) -> CreateResult:
        return CreateResult("fleet-finalizers", props)

    def read(self, id_: str, props: Properties) -> ReadResult:
        return ReadResult(id_, props)

    @abort_with_message
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        if _differ(olds, news, PLACE):  # another namespace or cluster, or another name of the same context
            try:
                self._release(olds, olds[RESOURCES])
                return UpdateResult(news)
            except NoUsableContext:
                if _differ(olds, news, ("namespace",)):
                    raise
        removed = {
            kind: [name for name in found if name not in news[RESOURCES].get(kind, ())]
            for kind, found in olds[RESOURCES].items()
        }
        self._release(news, removed)
        return UpdateResult(news)

    @abort_with_message
    def delete(self, _id: str, props: Properties) -> None:
        self._release(props, props[RESOURCES])

    def _release(self, props: Properties, resources: Mapping[str, Sequence[str]]) -> None:
        if any(resources.values()):
            with self.connect(props.get("context")) as api:
                release(api, props["namespace"], resources)


class FleetStatusProvider(_OfCluster):
    """Waits for the nodes, and writes the status and the finalizer of each custom resource."""

    @abort_with_message
    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """A change when the inputs differ, a status is not true, or a node or an object is not as it should be.

        Tells what is wrong: in a preview the cluster still is as the last inputs describe it, in an update as the new
        ones do. The provider cannot know which of them runs, so it tells what is wrong by both.
        """
        changed = _differ(olds, news, (*PLACE, *DESIRED))
        if _differ(olds, news, PLACE) or any(news[key] == UNKNOWN for key in DESIRED):
            return DiffResult(changes=True)
        with self.connect(news.get("context")) as api:
            place = Place(api, news["namespace"])
            decision = place.look(DesiredFleet.read(news))
            findings = list(decision.findings())
            if changed and findings:
                before = set(place.look(DesiredFleet.read(olds)).findings())
                findings = [finding for finding in findings if finding in before]
        for finding in findings:
            notify(finding)
        _log.debug("fleet status: inputs changed: %s, findings: %s", changed, findings)
        return DiffResult(changes=changed or bool(decision.changes) or not decision.complete)

    @abort_with_message
    def create(self, props: Properties) -> CreateResult:
        return CreateResult("fleet-status", self._settle(props))

    @abort_with_message
    def update(self, _id: str, _olds: Properties, news: Properties) -> UpdateResult:
        return UpdateResult(self._settle(news))

    @abort_with_message
    def read(self, id_: str, props: Properties) -> ReadResult:
        """The statuses as they should be now; the next update writes them."""
        with self.connect(props.get("context")) as api:
            decision = Place(api, props["namespace"]).look(DesiredFleet.read(props))
        return ReadResult(id_, {**props, STATUSES: decision.summary()})

    def delete(self, _id: str, _props: Properties) -> None:
        """`FleetFinalizers` removes the finalizers, and Pulumi deletes the custom resources."""

    def _settle(self, props: Properties) -> Properties:
        with self.connect(props.get("context")) as api:
            decision = settle(Place(api, props["namespace"]), DesiredFleet.read(props), float(props[TIMEOUT]), notify)
        return {**props, STATUSES: decision.summary()}


def _differ(olds: Properties, news: Properties, keys: Sequence[str]) -> bool:
    return any(olds.get(key) != news.get(key) for key in keys)
