"""Wait until an object is ready or deleted, with progress, a time limit and the reason of a timeout."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .cluster import Cluster
from .engine_log import EngineLog
from .errors import ApiError, Cancelled, NotReady
from .objects import (
    SKIP_AWAIT,
    TIMEOUT_SECONDS,
    KubeObject,
    annotated,
    annotation,
    describe,
    dig,
    name_of,
    namespace_of,
)
from .pod_problems import problems_of
from .readiness import Readiness, Rule, rule_for
from .watches import View, Watches

_REPORT_EVERY_S = 5.0
_POLL_S = 1.0
_DELETION_TIMEOUT_S = 300.0
_SKIPS_DELETION_WAIT = frozenset(
    ["Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"]
)
_WORKLOADS = frozenset(["Deployment", "StatefulSet", "DaemonSet", "Job"])


@dataclass(frozen=True)
class Waiter:
    """Waits on behalf of the operations of one provider process."""

    cluster: Cluster
    watches: Watches
    log: EngineLog
    cancelled: threading.Event

    def until_ready(self, urn: str, applied: KubeObject, inputs: KubeObject, timeout_s: float) -> None:
        """Wait until the applied object is ready; return at once for kinds without a rule or with `skipAwait`.

        Raise NotReady with the reasons on a timeout, if the object failed for good, or if the engine cancels.
        """
        rule = None if annotated(inputs, SKIP_AWAIT) else rule_for(applied)
        if rule is None or self._bound_on_first_use(applied):
            return
        limit = _limit(timeout_s, inputs, rule.timeout_s)
        live, readiness = applied, rule.check(applied)
        problems: list[str] = []
        polled_at = time.monotonic()
        with self.watches.view(self.cluster.served(applied), namespace_of(applied), name_of(applied)) as view:
            for _ in self._ticks(view, limit):
                if view.live is not None and _as_new_as(view.live, applied):
                    live, readiness = (
                        {**view.live, "apiVersion": applied["apiVersion"], "kind": applied["kind"]},
                        rule.check(view.live),
                    )
                if readiness.ready:
                    self.log.status(urn, "")
                    return
                if readiness.failed:
                    break
                if time.monotonic() - polled_at >= _REPORT_EVERY_S:
                    problems, polled_at = self._pod_problems(live), time.monotonic()
                self.log.status(urn, "; ".join([readiness.progress, *problems]))
        self.log.status(urn, "")
        raise NotReady(
            self._failure_message(live, readiness, limit), live, [readiness.progress, *self._pod_problems(live)]
        )

    def check_ready(self, live: KubeObject, inputs: KubeObject) -> None:
        """Raise NotReady if the object is not ready now."""
        rule: Rule | None = None if annotated(inputs, SKIP_AWAIT) else rule_for(live)
        if rule is None or not rule.checked_on_read:
            return
        readiness = rule.check(live)
        if not readiness.ready:
            raise NotReady(
                f"{describe(live)} exists but is not ready", live, [readiness.progress, *self._pod_problems(live)]
            )

    def until_gone(self, urn: str, deleted: KubeObject, inputs: KubeObject, timeout_s: float) -> None:
        """Wait until a deleted object does not exist; a new object of the same name counts as deleted.

        Raise NotReady with the remaining finalizers on a timeout.
        """
        if annotated(inputs, SKIP_AWAIT) and str(deleted.get("kind")) in _SKIPS_DELETION_WAIT:
            return
        limit = _limit(timeout_s, inputs, 600.0 if deleted.get("kind") == "Deployment" else _DELETION_TIMEOUT_S)
        live: KubeObject | None = deleted
        polled_at = time.monotonic()
        with self.watches.view(self.cluster.served(deleted), namespace_of(deleted), name_of(deleted)) as view:
            for _ in self._ticks(view, limit):
                if (view.listed and _is_other(view.live, deleted)) or time.monotonic() - polled_at > _POLL_S:
                    live, polled_at = self.cluster.find(deleted), time.monotonic()
                    if live is None or _is_other(live, deleted):
                        self.log.status(urn, "")
                        return
                    self.log.status(urn, f"Waiting for deletion{_finalizers_of(live)}")
        self.log.status(urn, "")
        kept = live or deleted
        if self.cancelled.is_set():
            raise NotReady(f"waiting for the deletion of {describe(kept)} was cancelled", kept, [])
        raise NotReady(
            f"timed out after {limit:g} s waiting for {describe(kept)} to be deleted{_finalizers_of(kept)}", kept, []
        )

    def _ticks(self, view: View, limit: float) -> Iterator[None]:
        """Yield at each change of the object and at least every 0.25 s, until the timeout or the engine cancels."""
        deadline = time.monotonic() + limit
        yield None
        while (left := deadline - time.monotonic()) > 0 and not self.cancelled.is_set():
            view.changed.wait(min(left, 0.25))
            view.changed.clear()
            yield None

    def _failure_message(self, live: KubeObject, readiness: Readiness, limit: float) -> str:
        if self.cancelled.is_set():
            return f"waiting for {describe(live)} was cancelled"
        if readiness.failed:
            return f"{describe(live)} failed"
        return f"{describe(live)} timed out waiting to be ready ({limit:g} s)"

    def _pod_problems(self, live: KubeObject) -> list[str]:
        if live.get("kind") == "Pod":
            return problems_of([live])
        labels = dig(live, "spec", "selector", "matchLabels")
        if live.get("kind") not in _WORKLOADS or not labels:
            return []
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        try:
            return problems_of(self.cluster.list({"apiVersion": "v1", "kind": "Pod"}, namespace_of(live), selector))
        except (ApiError, Cancelled):
            return []

    def _bound_on_first_use(self, applied: KubeObject) -> bool:
        """Whether the claim's class binds it to a volume only when a pod uses it: waiting for that would never end."""
        if applied.get("kind") != "PersistentVolumeClaim":
            return False
        class_name = dig(applied, "spec", "storageClassName")
        storage_class = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": class_name or ""},
        }
        found = self.cluster.find(storage_class) if class_name else None
        return bool(found) and dig(found, "volumeBindingMode") == "WaitForFirstConsumer"


def _limit(timeout_s: float, inputs: KubeObject, default_s: float) -> float:
    """Return the time limit in seconds: from `customTimeouts`, else from the annotation, else the kind's default."""
    if timeout_s:
        return timeout_s
    text = annotation(inputs, TIMEOUT_SECONDS)
    return float(text) if text.isdigit() else default_s


def _as_new_as(live: KubeObject, applied: KubeObject) -> bool:
    """Whether the watched object is at least as new as the applied one. Versions of one resource compare as numbers."""
    return int(dig(live, "metadata", "resourceVersion") or 0) >= int(dig(applied, "metadata", "resourceVersion") or 0)


def _is_other(live: KubeObject | None, deleted: KubeObject) -> bool:
    return bool(dig(live, "metadata", "uid") != dig(deleted, "metadata", "uid"))


def _finalizers_of(live: KubeObject) -> str:
    finalizers = [
        name for name in dig(live, "metadata", "finalizers") or [] if name not in ("foregroundDeletion", "orphan")
    ]
    return f"; remaining finalizers: {', '.join(finalizers)}" if finalizers else ""
