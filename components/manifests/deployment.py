"""The Deployment of one node."""

from typing import Any

from components.manifests import environment, labels, names
from components.manifests.init_container import init_container
from components.manifests.metadata import SKIP_AWAIT, Later
from components.manifests.node import NodePlan
from components.manifests.secret_values import pod_annotations
from components.manifests.security import container_security, pod_security
from config.secret_keys import HOPRD_API_TOKEN

IDENTITY_MOUNT = {"name": "hoprd-identity", "mountPath": "/app/hoprd-identity"}
DATABASE_MOUNT = {"name": "hoprd-db", "mountPath": "/app/hoprd-db"}

_RESOURCES = {"requests": {"cpu": "750m", "memory": "512Mi"}, "limits": {"cpu": "1500m", "memory": "2Gi"}}


def deployment(node: NodePlan, announced: Later) -> dict[str, Any]:
    """One pod, or none if the node is disabled. `announced` is `<public host>:<p2p port>`.

    The strategy is Recreate, because only one pod can mount the volume and an identity must never run twice. Pulumi
    does not wait for the Deployment: with this strategy it takes the old, empty ReplicaSet for a finished rollout.
    """
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": node.metadata(annotations=SKIP_AWAIT),
        "spec": {
            "replicas": 1 if node.workload.enabled else 0,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels.node_selector(node.name)},
            "template": {"metadata": _pod_metadata(node), "spec": _pod(node, announced)},
        },
    }


def _pod_metadata(node: NodePlan) -> dict[str, Any]:
    annotations = pod_annotations(node)
    return {"labels": node.labels, **({"annotations": annotations} if annotations else {})}


def _pod(node: NodePlan, announced: Later) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        "initContainers": [init_container(node, [IDENTITY_MOUNT, DATABASE_MOUNT])],
        "containers": [_hoprd(node, announced), _metrics(node)],
        "volumes": [
            {"name": IDENTITY_MOUNT["name"], "emptyDir": {}},
            {"name": DATABASE_MOUNT["name"], "persistentVolumeClaim": {"claimName": node.identity_name}},
        ],
    }


def _hoprd(node: NodePlan, announced: Later) -> dict[str, Any]:
    settings = node.workload.deployment
    return {
        "name": names.NODE_CONTAINER,
        "image": f"{node.platform.images.hoprd}:{node.workload.version}",
        "imagePullPolicy": "Always",
        "securityContext": container_security(),
        "env": environment.of_node(node, announced),
        "envFrom": [{"secretRef": {"name": names.default_env_secret(node.workload.pool), "optional": True}}],
        "ports": [{"name": "api", "containerPort": names.API_PORT, "protocol": "TCP"}, *node.ports.of_container()],
        "resources": _RESOURCES if settings.resources is None else settings.resources,
        "startupProbe": settings.startup_probe or _probe("/startedz", period_s=15, failures=240),
        "livenessProbe": settings.liveness_probe or _probe("/healthyz", period_s=5, failures=3),
        "readinessProbe": settings.readiness_probe or _probe("/readyz", period_s=15, failures=240),
        "volumeMounts": [IDENTITY_MOUNT, DATABASE_MOUNT],
    }


def _metrics(node: NodePlan) -> dict[str, Any]:
    """The sidecar that serves the node's metrics without a token."""
    return {
        "name": names.METRICS_CONTAINER,
        "image": node.platform.images.metrics,
        "imagePullPolicy": "Always",
        "securityContext": container_security(),
        "env": [environment.from_secret(HOPRD_API_TOKEN, node.secret_name, HOPRD_API_TOKEN)],
        "ports": [{"name": "metrics", "containerPort": names.METRICS_PORT, "protocol": "TCP"}],
    }


def _probe(path: str, *, period_s: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": names.API_PORT},
        "timeoutSeconds": 5,
        "periodSeconds": period_s,
        "failureThreshold": failures,
    }
