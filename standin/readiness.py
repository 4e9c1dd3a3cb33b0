"""The readiness rules of each kind that Pulumi waits for. They depend on the live object alone.

Workloads follow `kubectl rollout status`; other kinds follow their own phase or condition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .objects import KubeObject, dig, name_of


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the object is ready, its progress in one line, and whether it failed for good."""

    ready: bool
    progress: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The check of a kind, the default time limit, and whether a refresh runs the check as well."""

    check: Callable[[KubeObject], Readiness]
    timeout_s: float
    checked_on_read: bool = True


def rule_for(obj: KubeObject) -> Rule | None:
    """Return the rule of the object's kind; None if the object is ready once it is created."""
    rule = _RULES.get((str(obj.get("apiVersion", "")), str(obj.get("kind", ""))))
    if rule is _SERVICE and not _service_waits(obj):
        return None
    return rule


def _condition(obj: KubeObject, kind: str) -> dict[str, str]:
    conditions = dig(obj, "status", "conditions") or []
    return next((entry for entry in conditions if entry.get("type") == kind), {})


def _is_true(obj: KubeObject, kind: str) -> bool:
    return _condition(obj, kind).get("status") == "True"


def _observed(obj: KubeObject) -> bool:
    return int(dig(obj, "status", "observedGeneration") or 0) >= int(dig(obj, "metadata", "generation") or 0)


def _count(obj: KubeObject, field: str) -> int:
    return int(dig(obj, "status", field) or 0)


def _deployment(obj: KubeObject) -> Readiness:
    desired = dig(obj, "spec", "replicas")
    desired = 1 if desired is None else int(desired)
    updated, available, total = (
        _count(obj, "updatedReplicas"),
        _count(obj, "availableReplicas"),
        _count(obj, "replicas"),
    )
    progress = f"Waiting for app ReplicaSet to be available ({min(updated, available)}/{desired} Pods available)"
    if not _observed(obj):
        return Readiness(False, progress)
    done = updated == desired and total == updated and available >= updated and _is_true(obj, "Available")
    return Readiness(done, progress)


def _stateful_set(obj: KubeObject) -> Readiness:
    desired = dig(obj, "spec", "replicas")
    desired = 1 if desired is None else int(desired)
    ready = _count(obj, "readyReplicas")
    rolled = dig(obj, "status", "currentRevision") == dig(obj, "status", "updateRevision")
    done = _observed(obj) and ready >= desired and (rolled or dig(obj, "spec", "updateStrategy", "type") == "OnDelete")
    return Readiness(done, f"Waiting for StatefulSet to be ready ({ready}/{desired} Pods ready)")


def _daemon_set(obj: KubeObject) -> Readiness:
    desired, available = _count(obj, "desiredNumberScheduled"), _count(obj, "numberAvailable")
    done = _observed(obj) and _count(obj, "updatedNumberScheduled") >= desired and available >= desired
    return Readiness(done, f"Waiting for DaemonSet to be ready ({available}/{desired} Pods available)")


def _pod(obj: KubeObject) -> Readiness:
    done = _is_true(obj, "Ready") or dig(obj, "status", "phase") == "Succeeded"
    return Readiness(done, f"Waiting for Pod {name_of(obj)} to be ready", dig(obj, "status", "phase") == "Failed")


def _job(obj: KubeObject) -> Readiness:
    failure = _condition(obj, "Failed")
    if failure.get("status") == "True":
        return Readiness(False, f"Job failed: [{failure.get('reason', '')}] {failure.get('message', '')}", failed=True)
    return Readiness(
        _is_true(obj, "Complete"),
        f"Waiting for Job to succeed ({_count(obj, 'active')} active, {_count(obj, 'failed')} failed)",
    )


def _volume(obj: KubeObject) -> Readiness:
    phase = dig(obj, "status", "phase")
    return Readiness(phase in ("Available", "Bound"), f"Waiting for PersistentVolume (phase {phase})")


def _claim(obj: KubeObject) -> Readiness:
    phase = dig(obj, "status", "phase")
    return Readiness(phase == "Bound", f"Waiting for PersistentVolumeClaim to be bound (phase {phase})")


def _load_balanced(obj: KubeObject) -> Readiness:
    done = bool(dig(obj, "status", "loadBalancer", "ingress"))
    return Readiness(done, f"Waiting for {obj.get('kind')} to be allocated an address")


def _service_waits(obj: KubeObject) -> bool:
    return bool(dig(obj, "spec", "type") == "LoadBalancer")


def _definition(obj: KubeObject) -> Readiness:
    acceptance = _condition(obj, "NamesAccepted")
    if acceptance.get("status") == "False":
        return Readiness(False, f"the names were not accepted: {acceptance.get('message', '')}", failed=True)
    return Readiness(_is_true(obj, "Established"), "Waiting for CustomResourceDefinition to be established")


_SERVICE = Rule(_load_balanced, 600)
_RULES: dict[tuple[str, str], Rule] = {
    ("apps/v1", "Deployment"): Rule(_deployment, 600),
    ("apps/v1", "StatefulSet"): Rule(_stateful_set, 600),
    ("apps/v1", "DaemonSet"): Rule(_daemon_set, 600),
    ("v1", "Pod"): Rule(_pod, 600),
    ("batch/v1", "Job"): Rule(_job, 600),
    ("v1", "PersistentVolume"): Rule(_volume, 300, checked_on_read=False),
    ("v1", "PersistentVolumeClaim"): Rule(_claim, 300, checked_on_read=False),
    ("v1", "Service"): _SERVICE,
    ("networking.k8s.io/v1", "Ingress"): Rule(_load_balanced, 600),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): Rule(_definition, 60, checked_on_read=False),
}
