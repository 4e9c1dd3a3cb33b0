"""Create, update and delete one object on the cluster, as Pulumi's kubernetes provider does. Previews are dry runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .cluster import Cluster
from .engine_log import EngineLog
from .errors import ApiError, Cancelled, NoSuchKind, NotReady, ProviderError
from .field_managers import explain_conflict, overrides_conflicts, takeover, without_ignored
from .objects import DELETION_PROPAGATION, KubeObject, annotation, id_of, is_crd, metadata, name_of
from .waiting import Waiter

# A new object may come before its namespace or its definition: creation is repeated after each of these pauses.
_RETRY_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)


class CannotPreview(ProviderError):
    """The dry run is not possible before earlier steps of the update are done."""


@dataclass(frozen=True, slots=True)
class DesiredObject:
    """One object as the program desires it, with the options of the operation; `timeout_s` 0 is the kind's default."""

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
    upserts_existing: bool

    def create(self, desired: DesiredObject) -> KubeObject:
        """Create the object, wait until it is ready, and return the live object.

        An existing object is an error, unless the provider upserts; then it is adopted if no other manager owns the
        fields. Raise CannotPreview, NotReady (created and not ready) or ProviderError (not created).
        """
        if desired.preview:
            return {key: value for key, value in self._dry_run(desired).items() if key != "status"}
        live = self._apply_new(desired)
        try:
            self.waiter.until_ready(desired.urn, live, desired.inputs, desired.timeout_s)
        finally:
            if is_crd(live):
                self.cluster.forget_kinds()
        return self.cluster.find(live) or live

    def _dry_run(self, desired: DesiredObject) -> KubeObject:
        try:
            return self._create(desired, desired.inputs, force=True)
        except NoSuchKind as error:
            raise CannotPreview(str(error)) from None
        except ApiError as error:
            if error.namespace_missing or error.already_exists or error.status == 403:
                raise CannotPreview(str(error)) from None
            if error.status == 422 and self.cluster.find(desired.inputs):
                return self._dry_run_under_another_name(desired, error)
            raise explain_conflict(error, desired.inputs, desired.manager) from None

    def _dry_run_under_another_name(self, desired: DesiredObject, rejection: ApiError) -> KubeObject:
        """Dry-run a replacement: the old object has the same name, and its immutable fields reject the change."""
        name = name_of(desired.inputs)
        other = {**desired.inputs, "metadata": {**metadata(desired.inputs), "name": f"{name[:50]}-preview"}}
        try:
            live = self._create(desired, other, force=True)
        except ApiError:
            raise rejection from None
        return {**live, "metadata": {**metadata(live), "name": name}}

    def _apply_new(self, desired: DesiredObject) -> KubeObject:
        for pause in (*_RETRY_PAUSES_S, None):
            try:
                return self._create(desired, desired.inputs, force=overrides_conflicts(desired.inputs))
            except (ApiError, NoSuchKind) as error:
                if isinstance(error, ApiError) and (pause is None or not error.not_found):
                    reason = explain_conflict(error, desired.inputs, desired.manager)
                    raise ProviderError(
                        f'resource "{desired.urn}" was not successfully created by the Kubernetes API server: {reason}'
                    ) from None
                if pause is None:
                    raise ProviderError(
                        f'creation of resource "{desired.urn}" failed because the Kubernetes API server reported that '
                        "the apiVersion for this resource does not exist. Verify that any required CRDs have been "
                        f"created: {error}"
                    ) from None
                self.log.status(desired.urn, f"retrying; creation failed: {error}")
            if self.cancelled.wait(pause):
                raise Cancelled
        raise AssertionError("unreachable: the last try returns or raises")

    def _create(self, desired: DesiredObject, obj: KubeObject, *, force: bool) -> KubeObject:
        """Create the object; a patch, and every object of a provider that upserts, is applied instead."""
        if self.upserts_existing or desired.is_patch:
            return self._apply(desired, obj, force=force)
        return self.cluster.create(self._with_scope(obj), desired.manager, dry_run=desired.preview)

    def _apply(self, desired: DesiredObject, obj: KubeObject, *, force: bool) -> KubeObject:
        return self.cluster.apply(self._with_scope(obj), desired.manager, force=force, dry_run=desired.preview)

    def _with_scope(self, obj: KubeObject) -> KubeObject:
        """Return the object without the namespace that Check added if its kind turns out to be cluster-wide."""
        if not self.cluster.served(obj).namespaced and "namespace" in metadata(obj):
            return {**obj, "metadata": {key: value for key, value in metadata(obj).items() if key != "namespace"}}
        return obj

    def update(self, desired: DesiredObject, old_live: KubeObject) -> KubeObject:
        """Change the object, wait until it is ready, and return the live object.

        Raise NotReady if the API server rejects the change or the object does not become ready; its `live` is the
        present object.
        """
        target = {**desired.inputs, "metadata": {**metadata(desired.inputs), "name": name_of(old_live)}}
        live = self.cluster.get(target)
        try:
            applied = self._apply_change(desired, target, live)
            if desired.preview:
                return applied
            self.waiter.until_ready(desired.urn, applied, desired.inputs, desired.timeout_s)
        except ApiError as error:
            message = (
                f'the Kubernetes API server reported that "{id_of(target)}" failed to fully initialize or become live: '
                f"{explain_conflict(error, target, desired.manager)}"
            )
            raise NotReady(message, self.cluster.find(target) or live, []) from None
        finally:
            if is_crd(target):
                self.cluster.forget_kinds()
        return self.cluster.find(applied) or applied

    def _apply_change(self, desired: DesiredObject, target: KubeObject, live: KubeObject) -> KubeObject:
        if is_crd(
            target
        ):  # replaced as a whole: fields of an earlier version are removed, also those of other managers
            version = {"resourceVersion": metadata(live)["resourceVersion"]}
            whole = {**target, "metadata": {**metadata(target), **version}}
            return self.cluster.replace(whole, desired.manager, dry_run=desired.preview)
        if not desired.preview and not desired.is_patch and (operations := takeover(live, desired.manager)):
            live = self.cluster.json_patch(live, operations)
        if desired.ignored:
            target = without_ignored(target, live, desired.manager, desired.ignored)
        return self._apply(desired, target, force=overrides_conflicts(target))

    def delete(self, urn: str, obj: KubeObject, inputs: KubeObject, timeout_s: float) -> None:
        """Delete the object and wait until it does not exist; a missing object is not an error.

        Raise NotReady if a finalizer keeps it longer than the time limit.
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

    def release_fields(self, obj: KubeObject, manager: str) -> None:
        """Delete a Patch resource: remove the manager, and with it the fields that only this manager owns.

        As with the official provider, an object that is gone is created again, as far as its kind has no required
        fields. Raise ProviderError if one of the fields is required.
        """
        where = {key: value for key, value in metadata(obj).items() if key in ("name", "namespace")}
        empty = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": where}
        try:
            self.cluster.apply(empty, manager, force=False)
        except ApiError as error:
            required = [cause.get("field", "") for cause in error.causes if cause.get("reason") == "FieldValueRequired"]
            if not required:
                raise
            raise ProviderError(
                "this Patch resource is currently managing a required field, so it can't be deleted directly. Either "
                "set the `retainOnDelete` resource option, or transfer ownership of the field before deleting: "
                + ", ".join(required)
            ) from None
