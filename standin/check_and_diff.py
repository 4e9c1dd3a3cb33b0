"""Check completes the inputs; Diff lists the changes and decides whether the object must be replaced. Neither
writes to the cluster.
"""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2 as rpc

from .checkpoint import as_object, mark_secrets, parse_checkpoint, prune
from .differences import Change, changes, is_inside, parse_path
from .errors import ProviderError
from .immutable_fields import IDENTITY, immutable_fields
from .naming import AutonamingRule, with_name, with_old_name
from .normalization import normalize, with_underscores
from .objects import AUTONAMED, KubeObject, TypeToken, annotated, is_built_in, metadata, name_of, namespace_of
from .properties import Unknown, contains, from_struct, to_struct
from .session import Session

_KINDS = {
    (False, "ADD"): rpc.PropertyDiff.ADD,
    (False, "DELETE"): rpc.PropertyDiff.DELETE,
    (False, "UPDATE"): rpc.PropertyDiff.UPDATE,
    (True, "ADD"): rpc.PropertyDiff.ADD_REPLACE,
    (True, "DELETE"): rpc.PropertyDiff.DELETE_REPLACE,
    (True, "UPDATE"): rpc.PropertyDiff.UPDATE_REPLACE,
}


def check(session: Session, request: rpc.CheckRequest) -> rpc.CheckResponse:
    """Return the inputs with name and namespace, in the API server's form. Raise ProviderError for invalid inputs."""
    if session.unreachable and session.settings.skip_update_unreachable:
        session.log.warning(
            request.urn, "the cluster is unreachable and skipUpdateUnreachable is set: the resource is not changed"
        )
        return rpc.CheckResponse(inputs=request.olds)
    token = TypeToken.of_urn(request.urn)
    given = from_struct(request.news)
    old = as_object(from_struct(request.olds))
    inputs = normalize(as_object(given))
    if token.is_patch_of(str(inputs.get("kind", ""))):
        if not metadata(inputs).get("name"):
            raise ProviderError("patch resources require the `.metadata.name` field to be set")
    elif old:
        inputs = with_old_name(inputs, old)
    else:
        inputs = with_name(inputs, request.urn, request.randomSeed, _autonaming(request))
    if not metadata(inputs).get("namespace") and session.is_namespaced(inputs):
        inputs["metadata"] = {**metadata(inputs), "namespace": session.namespace}
    checked = mark_secrets(with_underscores(inputs), given)
    return rpc.CheckResponse(inputs=to_struct(checked, keep_secrets=session.settings.secrets_accepted))


def _autonaming(request: rpc.CheckRequest) -> AutonamingRule:
    if not request.HasField("autonaming"):
        return AutonamingRule()
    options = request.autonaming
    return AutonamingRule(options.proposed_name, disabled=options.mode == rpc.CheckRequest.AutonamingOptions.DISABLE)


def diff(session: Session, request: rpc.DiffRequest) -> rpc.DiffResponse:
    """Compare the last known object with the new inputs.

    Only the fields that the program has set are compared: drift in them is a change, fields that the cluster added are
    not.
    """
    token = TypeToken.of_urn(request.urn)
    old_inputs, old_live = parse_checkpoint(from_struct(request.olds))
    old_inputs, new = normalize(old_inputs), normalize(as_object(from_struct(request.news)))
    old = prune(old_live, old_inputs, keep_empty=is_built_in(new))
    old, new = _with_same_namespace_form(session, old, new)
    if name_of(new):
        old["metadata"] = {**metadata(old), "name": name_of(old_live)}
    is_patch = token.is_patch_of(str(new.get("kind", "")))
    immutable = (
        IDENTITY
        if is_patch
        else immutable_fields(
            new,
            secrets_mutable=session.settings.secrets_mutable,
            config_maps_mutable=session.settings.config_maps_mutable,
        )
    )
    ignored = [parse_path(text) for text in request.ignoreChanges]
    found = [
        change for change in changes(old, new, immutable) if not any(is_inside(change.path, path) for path in ignored)
    ]
    replaces = [
        change.property_path
        for change in found
        if change.replace or (change.kind == "DELETE" and change.path == ("metadata",))
    ]
    return rpc.DiffResponse(
        changes=rpc.DiffResponse.DIFF_SOME if found else rpc.DiffResponse.DIFF_NONE,
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and _keeps_its_name(new, old_live),
        detailedDiff={change.property_path: _property_diff(change) for change in found},
        hasDetailedDiff=True,
    )


def _with_same_namespace_form(session: Session, old: KubeObject, new: KubeObject) -> tuple[KubeObject, KubeObject]:
    """Return both with a namespace (default when unset) if the kind is namespaced, else both without one."""
    if session.is_namespaced(new):
        return tuple(  # type: ignore[return-value]
            {**obj, "metadata": {**metadata(obj), "namespace": metadata(obj).get("namespace") or "default"}}
            for obj in (old, new)
        )
    return tuple(  # type: ignore[return-value]
        {**obj, "metadata": {key: value for key, value in metadata(obj).items() if key != "namespace"}}
        for obj in (old, new)
    )


def _keeps_its_name(new: KubeObject, old_live: KubeObject) -> bool:
    """Whether the replacement has the old object's name, so that the old object must be deleted first."""
    return (
        not contains(metadata(new).get("name"), Unknown)
        and bool(name_of(new))
        and not annotated(new, AUTONAMED)
        and name_of(new) == name_of(old_live)
        and (namespace_of(new) or "default") == (namespace_of(old_live) or "default")
    )


def _property_diff(change: Change) -> rpc.PropertyDiff:
    return rpc.PropertyDiff(kind=_KINDS[change.replace, change.kind], inputDiff=change.kind == "DELETE")
