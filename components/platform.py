"""The connection to the cluster, the namespace and the custom resource definitions."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import v1 as apiextensions
from pulumi_kubernetes.core import v1 as core

from components.manifests.crds import all_crds
from config.models import platform


@dataclass(frozen=True)
class PlatformArgs:
    """The platform settings, and whether volumes stay in the namespace after the stack is destroyed."""

    platform: platform.Platform
    retains_volumes: bool


class Platform(pulumi.ComponentResource):
    """Register the provider and, if configured, the namespace and the definitions.

    The provider names a context and does not contain the kubeconfig, so new credentials or a new address are not a
    change of any resource. A destroy retains the definitions, because deleting one deletes all objects of its kind in
    the cluster. It also retains a namespace in which volumes stay.
    """

    provider: kubernetes.Provider
    """The Kubernetes provider."""
    prerequisites: list[pulumi.Resource]
    """Resources that must exist before the first custom resource."""

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:Platform", name, None, opts)
        settings = args.platform
        self.provider = kubernetes.Provider(
            f"{name}-cluster",
            context=settings.kube_context,
            enable_secret_mutable=True,  # else a new identity would replace the Secret that all nodes read
            enable_config_map_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.prerequisites = []
        if settings.create_namespace:
            self.prerequisites.append(
                core.Namespace(
                    f"{name}-namespace",
                    metadata={"name": settings.namespace},
                    opts=self._child(retain_on_delete=args.retains_volumes),
                )
            )
        if settings.install_crds:
            self.prerequisites += [
                apiextensions.CustomResourceDefinition(
                    f"{name}-{definition['spec']['names']['plural']}",
                    metadata=definition["metadata"],
                    spec=definition["spec"],
                    opts=self._child(retain_on_delete=True),
                )
                for definition in all_crds()
            ]
        self.register_outputs({"namespace": settings.namespace})

    def _child(self, *, retain_on_delete: bool) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self.provider, retain_on_delete=retain_on_delete)
