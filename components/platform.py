"""The connection to the cluster, the namespace and the custom resource definitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components import marking
from components.cluster.definitions import MANAGER
from components.kubernetes_object import KubernetesObject
from components.manifests.crds import all_crds
from config.models import platform


@dataclass(frozen=True)
class PlatformArgs:
    """The platform settings, the stack's name, and the owners of definitions that exist and belong to others."""

    platform: platform.Platform
    stack: str
    definitions_of_others: Mapping[str, str]


class Platform(pulumi.ComponentResource):
    """Register the provider and, if configured, the namespace and the definitions.

    The provider names a context and does not contain the kubeconfig, so new credentials or a new address are not a
    change of any resource. It updates objects that exist: the claim has made sure that they belong to this stack.
    A destroy retains the definitions, because deleting one deletes all objects of its kind in the cluster. It also
    retains the namespace; the allocation, which goes last, removes it if the stack created it and it is empty.
    """

    provider: kubernetes.Provider
    """The Kubernetes provider."""
    prerequisites: list[pulumi.Resource]
    """Resources that must exist before the first custom resource."""

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:Platform", name, None, opts)
        self._pulumi_name, self._args = name, args
        self.provider = kubernetes.Provider(
            f"{name}-cluster",
            context=args.platform.kube_context,
            enable_secret_mutable=True,  # else a new identity would replace the Secret that all nodes read
            enable_config_map_mutable=True,
            upsert_existing_objects=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.prerequisites = []
        self.register_outputs({"namespace": args.platform.namespace})

    def prepare(self, claim: pulumi.Resource, creates_namespace: pulumi.Output[bool]) -> None:
        """Register what must exist before the first custom resource, after `claim`."""
        name, settings = self._pulumi_name, self._args.platform
        self.prerequisites.append(claim)
        opts = pulumi.ResourceOptions(parent=self, provider=self.provider, retain_on_delete=True, depends_on=[claim])
        if settings.create_namespace:
            metadata = creates_namespace.apply(self._namespace_metadata)
            self.prerequisites.append(
                KubernetesObject(f"{name}-namespace", "v1", "Namespace", {"metadata": metadata}, opts)
            )
        if settings.install_crds:
            self.prerequisites += [
                KubernetesObject.of(
                    f"{name}-{definition['spec']['names']['plural']}",
                    {
                        **definition,
                        "metadata": {**definition["metadata"], "annotations": marking.field_manager(MANAGER)},
                    },
                    opts,
                )
                for definition in all_crds()
                if definition["metadata"]["name"] not in self._args.definitions_of_others
            ]

    def _namespace_metadata(self, creates: bool) -> Any:
        """A namespace that existed before is used without any change of it."""
        named = {"name": self._args.platform.namespace}
        return {**named, "annotations": marking.annotations(self._args.stack)} if creates else named
