"""What everything else stands on: the connection to the cluster, the namespace, the custom resource definitions."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import v1 as apiextensions
from pulumi_kubernetes.core import v1 as core

from components.manifests.crds import all_crds
from config.models import platform


@dataclass(frozen=True)
class PlatformArgs:
    """The platform's settings, and whether volumes stay in the namespace when the stack is destroyed."""

    platform: platform.Platform
    retains_volumes: bool


class Platform(pulumi.ComponentResource):
    """Registers the provider, and namespace and definitions where the program is to make them.

    The provider names a context and never the contents of a kubeconfig: new credentials or a new address in it are
    then no change of any resource. The definitions stay on destroy, because deleting one deletes everybody's objects of
    that kind; so does a namespace in which volumes are to stay.
    """

    provider: kubernetes.Provider
    """How Kubernetes objects are reached; the parent of none of them."""
    prerequisites: list[pulumi.Resource]
    """What must exist before the first custom resource."""

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hoprd:index:Platform", name, None, opts)
        desired = args.platform
        self.provider = kubernetes.Provider(
            f"{name}-cluster",
            context=desired.kube_context,
            enable_secret_mutable=True,  # one more identity would otherwise replace the Secret that all nodes read
            enable_config_map_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.prerequisites = []
        if desired.create_namespace:
            self.prerequisites.append(
                core.Namespace(
                    f"{name}-namespace",
                    metadata={"name": desired.namespace},
                    opts=self._child(retain_on_delete=args.retains_volumes),
                )
            )
        if desired.install_crds:
            self.prerequisites += [
                apiextensions.CustomResourceDefinition(
                    f"{name}-{definition['spec']['names']['plural']}",
                    metadata=definition["metadata"],
                    spec=definition["spec"],
                    opts=self._child(retain_on_delete=True),
                )
                for definition in all_crds()
            ]
        self.register_outputs({"namespace": desired.namespace})

    def _child(self, *, retain_on_delete: bool) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self.provider, retain_on_delete=retain_on_delete)
