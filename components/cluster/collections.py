"""The API paths of the kinds of objects that this program creates."""

from components.manifests import names

_HOPR = f"/apis/{names.API_VERSION}"

DEPLOYMENT, POD, CLAIM, EVENT = "Deployment", "Pod", "PersistentVolumeClaim", "Event"
_CLUSTER_SCOPED = {
    "Namespace": "/api/v1/namespaces",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}
_PLURALS = {
    names.POOL_KIND: (_HOPR, "identitypools"),
    names.IDENTITY_KIND: (_HOPR, "identityhoprds"),
    names.CLUSTER_KIND: (_HOPR, "clusterhoprds"),
    names.NODE_KIND: (_HOPR, "hoprds"),
    CLAIM: ("/api/v1", "persistentvolumeclaims"),
    "Secret": ("/api/v1", "secrets"),
    "ConfigMap": ("/api/v1", "configmaps"),
    "Service": ("/api/v1", "services"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    DEPLOYMENT: ("/apis/apps/v1", "deployments"),
    "Ingress": ("/apis/networking.k8s.io/v1", "ingresses"),
    "CronJob": ("/apis/batch/v1", "cronjobs"),
    POD: ("/api/v1", "pods"),
    EVENT: ("/api/v1", "events"),
    "ServiceMonitor": ("/apis/monitoring.coreos.com/v1", "servicemonitors"),
}


def collection(kind: str, namespace: str) -> str:
    """The path of all objects of a kind, in a namespace if the kind has namespaces."""
    if kind in _CLUSTER_SCOPED:
        return _CLUSTER_SCOPED[kind]
    api, plural = _PLURALS[kind]
    return f"{api}/namespaces/{namespace}/{plural}"


def config_map(name: str, namespace: str) -> str:
    """The path of a ConfigMap."""
    return f"{collection('ConfigMap', namespace)}/{name}"


def namespace_path(name: str) -> str:
    """The path of a namespace."""
    return f"{_CLUSTER_SCOPED['Namespace']}/{name}"


def definition_path(name: str) -> str:
    """The path of a custom resource definition."""
    return f"{_CLUSTER_SCOPED['CustomResourceDefinition']}/{name}"
