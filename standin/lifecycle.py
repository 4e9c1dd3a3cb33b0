"""Create, update and delete one object on the cluster, as Pulumi's kubernetes provider does. Previews are dry runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .cluster import Cluster
from .engine_log import EngineLog
from .errors import ApiError, Cancelled, NoSuchKind, NotReady, ProviderError
from .field_managers import explained, forced, takeover, without_ignored
from .objects import DELETION_PROPAGATION, KubeObject, annotation, described, dig, is_crd, metadata, name_of
from .waiting import Waiter

# A new object may come before its namespace or its definition: asked again after each of these pauses.
_RETRY_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)


class CannotPreview(ProviderError):
    """The dry run cannot say anything before earlier steps of the update are done."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the program wants of one object, and how: `timeout_s` 0 means the kind's own limit."""

    urn: str
    inputs: KubeObject
    manager: str
    timeout_s: float = 0.0
    preview: bool = False
    is_patch: bool = False
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lifecycle:
    """The operations of one provider process."""

    cluster: Cluster
    waiter: Waiter
    log: EngineLog
    cancelled: threading.Event

    def create(self, wanted: Wanted) -> KubeObject:
        """The live object, ready. One that exists already is taken over where nobody else owns the fields.

        Raises CannotPreview, NotReady (created, not ready), ProviderError (not created).
        """
        if wanted.preview:
            return {key: value for key, value in self._dry_run(wanted).items() if key != "status"}
        live = self._apply_new(wanted)
        try:
            self.waiter.until_ready(wanted.urn, live, wanted.inputs, wanted.timeout_s)
        finally:
            if is_crd(live):
                self.cluster.forget_kinds()
        return self.cluster.find(live) or live

    def _dry_run(self, wanted: Wanted) -> KubeObject:
        try:
            return self._apply(wanted, wanted.inputs, force=True)
        except NoSuchKind as error:
            raise CannotPreview(str(error)) from None
        except ApiError as error:
            if error.namespace_missing or error.status == 403:
                raise CannotPreview(str(error)) from None
            if error.status == 422 and self.cluster.find(wanted.inputs):
                return self._dry_run_beside(wanted, error)
            raise explained(error, wanted.inputs, wanted.manager) from None

    def _dry_run_beside(self, wanted: Wanted, refusal: ApiError) -> KubeObject:
        """A replacement keeps the name of an object that is still there, whose immutable fields refuse the change."""
        name = name_of(wanted.inputs)
        other = {**wanted.inputs, "metadata": {**metadata(wanted.inputs), "name": f"{name[:50]}-preview"}}
        try:
            live = self._apply(wanted, other, force=True)
        except ApiError:
            raise refusal from None
        return {**live, "metadata": {**metadata(live), "name": name}}

    def _apply_new(self, wanted: Wanted) -> KubeObject:
        for pause in (*_RETRY_PAUSES_S, None):
            try:
                return self._apply(wanted, wanted.inputs, force=forced(wanted.inputs))
            except (ApiError, NoSuchKind) as error:
                if isinstance(error, ApiError) and not error.not_found:
                    raise explained(error, wanted.inputs, wanted.manager) from None
                if pause is None:
                    raise ProviderError(_still_missing(error)) from None
                reason = str(error)
            self.log.status(wanted.urn, f"creation is tried again: {reason}")
            if self.cancelled.wait(pause):
                raise Cancelled
        raise AssertionError("unreachable: the last try returns or raises")

    def _apply(self, wanted: Wanted, obj: KubeObject, *, force: bool) -> KubeObject:
        """Apply; without the namespace that Check gave the object where its kind turns out to be cluster-wide."""
        if not self.cluster.served(obj).namespaced and "namespace" in metadata(obj):
            obj = {**obj, "metadata": {key: value for key, value in metadata(obj).items() if key != "namespace"}}
        return self.cluster.apply(obj, wanted.manager, force=force, dry_run=wanted.preview)

    def update(self, wanted: Wanted, old_live: KubeObject) -> KubeObject:
        """The live object after the change, ready.

        Raises NotReady when the change was refused or the object did not get ready; `live` is the object as it is then.
        """
        target = {**wanted.inputs, "metadata": {**metadata(wanted.inputs), "name": name_of(old_live)}}
        live = self.cluster.get(target)
        try:
            applied = self._apply_change(wanted, target, live)
            if wanted.preview:
                return applied
            self.waiter.until_ready(wanted.urn, applied, wanted.inputs, wanted.timeout_s)
        except ApiError as error:
            message = f"update of {described(target)} failed: {explained(error, target, wanted.manager)}"
            raise NotReady(message, self.cluster.find(target) or live, []) from None
        finally:
            if is_crd(target):
                self.cluster.forget_kinds()
        return self.cluster.find(applied) or applied

    def _apply_change(self, wanted: Wanted, target: KubeObject, live: KubeObject) -> KubeObject:
        if is_crd(target):  # written as a whole: fields of an earlier version must go, whoever set them
            version = {"resourceVersion": metadata(live)["resourceVersion"]}
            whole = {**target, "metadata": {**metadata(target), **version}}
            return self.cluster.replace(whole, wanted.manager, dry_run=wanted.preview)
        if not wanted.preview and not wanted.is_patch and (operations := takeover(live, wanted.manager)):
            live = self.cluster.json_patch(live, operations)
        if wanted.ignored:
            target = without_ignored(target, live, wanted.manager, wanted.ignored)
        return self._apply(wanted, target, force=forced(target))

    def delete(self, urn: str, obj: KubeObject, inputs: KubeObject, timeout_s: float) -> None:
        """Delete the object and wait until it is gone; one that is gone already is fine.

        Raises NotReady when something (a finalizer) keeps it longer than the time limit.
        """
        policy = annotation(inputs, DELETION_PROPAGATION).capitalize()
        try:
            answer = self.cluster.delete(obj, policy if policy in ("Orphan", "Background") else "Foreground")
        except NoSuchKind:
            return
        except ApiError as error:
            if error.not_found:
                return
            raise
        if answer.get("kind") != "Status":
            self.waiter.until_gone(urn, answer, inputs, timeout_s)

    def give_up(self, obj: KubeObject, manager: str) -> None:
        """What deleting a Patch resource means: the manager owns nothing any more, and what only it had set goes.

        The uid makes sure that an object which is gone is not made anew. Raises ProviderError where a field it set is
        required.
        """
        live = self.cluster.find(obj)
        if live is None or dig(live, "metadata", "uid") != dig(obj, "metadata", "uid"):
            return
        identity = {key: value for key, value in metadata(live).items() if key in ("name", "namespace", "uid")}
        empty = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": identity}
        try:
            self.cluster.apply(empty, manager, force=False)
        except ApiError as error:
            if self.cluster.find(obj) is None:
                return
            required = [cause.get("field", "") for cause in error.causes if cause.get("reason") == "FieldValueRequired"]
            if not required:
                raise
            raise ProviderError(
                f"the Patch resource on {described(obj)} manages the required field {', '.join(required)}, so it "
                "cannot be deleted: set the `retainOnDelete` resource option, or have another manager set it first"
            ) from None


def _still_missing(error: ApiError | NoSuchKind) -> str:
    if isinstance(error, NoSuchKind):
        return f"{error} on this API server; create its CustomResourceDefinition first"
    return str(error)
