"""The marker of the stack on every object that it creates, and the field manager under which it owns its fields.

All runs of a stack use one field manager, also those with another state, so an object of an interrupted run or of a
lost state is the stack's own. Where another client has changed a field that the program sets, the program wins.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pulumi

from config.cluster_names import STACK_ANNOTATION

_ROOT = "kubernetes:"
_MARKED_BY_THE_PLATFORM = ("Namespace", "CustomResourceDefinition")

Transformation = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


def stack_name() -> str:
    """`<project>/<stack>`, with the organization in front if the backend has organizations."""
    organization = pulumi.get_organization()
    own = f"{pulumi.get_project()}/{pulumi.get_stack()}"
    return own if organization in {None, "organization"} else f"{organization}/{own}"


def annotations(stack: str, manager: str | None = None) -> dict[str, str]:
    """The annotations of an object of the stack."""
    return {STACK_ANNOTATION: stack, **field_manager(manager or stack)}


def field_manager(manager: str) -> dict[str, str]:
    """Annotations for Pulumi's provider: the field manager, which takes over fields of others."""
    return {"pulumi.com/patchFieldManager": manager, "pulumi.com/patchForce": "true"}


def kind_of(args: pulumi.ResourceTransformationArgs) -> str:
    """The kind of an object of the cluster."""
    return args.type_.rpartition(":")[2]


def is_object(args: pulumi.ResourceTransformationArgs) -> bool:
    """Whether the resource is an object of the stack, and no patch or read of an object of others."""
    return args.type_.startswith(_ROOT) and not kind_of(args).endswith("Patch") and not args.opts.id


def marking(stack: str) -> Transformation:
    """Return the transformation that marks the kubernetes objects of a component and its children.

    It leaves out patches and objects that are only read, which belong to others, and pod templates, so that marking an
    object of an earlier release restarts nothing.
    """

    def mark(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not is_object(args) or kind_of(args) in _MARKED_BY_THE_PLATFORM:
            return None
        # A dictionary may hold unknown values, which would make an Output of it unknown as a whole.
        given: Any = args.props["metadata"]
        marked: Any = (
            _marked(given, stack) if isinstance(given, Mapping) else given.apply(partial(_marked, stack=stack))
        )
        return pulumi.ResourceTransformationResult({**args.props, "metadata": marked}, args.opts)

    return mark


def _marked(metadata: Mapping[str, Any], stack: str) -> dict[str, Any]:
    return {**metadata, "annotations": {**(metadata.get("annotations") or {}), **annotations(stack)}}
