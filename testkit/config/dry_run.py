"""Ask an API server whether it accepts an object, with server-side dry-run: nothing is created."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubernetes import config

_COLLECTIONS = {
    "Namespace": "/api/v1/namespaces",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Service": "/api/v1/namespaces/{}/services",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
    "IdentityPool": "/apis/hoprnet.org/v1alpha2/namespaces/{}/identitypools",
}
_CREATED = 201
_REFUSED = frozenset({400, 422})  # the object cannot be decoded, or is invalid


class DryRun:
    """An API server, and a namespace that exists."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._client = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
        self._namespace = namespace

    def refusal(self, manifest: Mapping[str, Any]) -> str:
        """Return the server's reason to refuse the object; an empty text if it accepts it."""
        body = {**manifest, "metadata": {**manifest["metadata"]}}
        if "namespace" in body["metadata"]:
            body["metadata"]["namespace"] = self._namespace
        path = _COLLECTIONS[manifest["kind"]].format(self._namespace)
        response = self._client.rest_client.pool_manager.request(
            "POST",
            f"{self._client.configuration.host}{path}?dryRun=All&fieldValidation=Strict",
            headers={"Content-Type": "application/json"},
            body=json.dumps(body).encode(),
        )
        if response.status == _CREATED:
            return ""
        assert response.status in _REFUSED, response.data.decode()
        message: str = json.loads(response.data)["message"]
        return message
