"""The objects of the tests."""

from __future__ import annotations

from typing import Any

KubeObject = dict[str, Any]

WIDGET_DEFINITION: KubeObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.provider-test.org"},
    "spec": {
        "group": "provider-test.org",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["size"],
                                "properties": {
                                    "size": {"type": "integer", "maximum": 9},
                                    "mode": {"type": "string", "enum": ["fast", "slow"]},
                                },
                            },
                            # No status subresource: status is part of the object, as in the CRDs of hoprnet.org.
                            "status": {
                                "type": "object",
                                "required": ["phase"],
                                "properties": {"phase": {"type": "string"}, "peers": {"type": "integer"}},
                            },
                        },
                    }
                },
            }
        ],
    },
}

WIDGET = "provider-test.org/v1:Widget"
WIDGET_PATCH = "provider-test.org/v1:WidgetPatch"
CONFIG_MAP = "core/v1:ConfigMap"
SECRET = "core/v1:Secret"
DEPLOYMENT = "apps/v1:Deployment"


def config_map(namespace: str, name: str | None = None, **data: str) -> KubeObject:
    meta = {"namespace": namespace, **({"name": name} if name else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def widget(namespace: str, name: str, size: int = 1, **annotations: str) -> KubeObject:
    meta = {"namespace": namespace, "name": name, **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": "provider-test.org/v1", "kind": "Widget", "metadata": meta, "spec": {"size": size}}


def widget_patch(namespace: str, name: str, phase: str, finalizers: list[str]) -> KubeObject:
    return {
        "apiVersion": "provider-test.org/v1",
        "kind": "Widget",
        "metadata": {"namespace": namespace, "name": name, "finalizers": finalizers},
        "status": {"phase": phase},
    }


def service_account(namespace: str, name: str, **annotations: str) -> KubeObject:
    meta = {"namespace": namespace, "name": name, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}


def deployment(namespace: str, name: str, **pod_spec: Any) -> KubeObject:
    labels = {"app": name}
    container = {"name": "node", "image": "hoprd:2.1.0", "env": [], "resources": {"requests": {"cpu": "0.1"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], **pod_spec}},
        },
    }


UNSCHEDULABLE = {"nodeSelector": {"provider-test.org/such-a-node": "does-not-exist"}}
