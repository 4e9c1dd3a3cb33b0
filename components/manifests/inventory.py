"""The kind and name of every namespaced object of a stack, from its settings alone."""

from components.manifests import names
from components.manifests.secret_values import secret_values
from config.models.settings import Settings


def object_names(settings: Settings) -> dict[str, list[str]]:
    """The names of the stack's objects in `platform.namespace`, by kind."""
    objects: dict[str, list[str]] = {names.POOL_KIND: list(settings.pools), names.CLUSTER_KIND: list(settings.clusters)}

    def add(kind: str, *added: str) -> None:
        objects.setdefault(kind, []).extend(added)

    for name, pool in settings.pools.items():
        add(names.IDENTITY_KIND, *pool.in_service(name))
        add("PersistentVolumeClaim", *pool.in_service(name))
        add("ServiceAccount", name)
        add("Secret", names.identities_secret(name))
        if pool.secret_name is None:
            add("Secret", names.wallet_secret(name))
        if settings.platform.monitoring:
            add("ServiceMonitor", name)
        if pool.funding:
            for kind in ("CronJob", "Secret", "ConfigMap"):
                add(kind, names.funding(name))
    for name, node in settings.workloads().items():
        for kind in (names.NODE_KIND, "Deployment", "Service", "Ingress"):
            add(kind, name)
        if secret_values(node.workload, marked=node.marked):
            add("Secret", names.configuration_secret(name))
        if node.workload.service.type != "ClusterIP":
            add("Service", *(names.p2p_service(name, protocol) for protocol in ("TCP", "UDP")))
    return {kind: listed for kind, listed in objects.items() if listed}
