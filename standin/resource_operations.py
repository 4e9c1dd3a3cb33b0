"""Create, Read, Update and Delete of the engine's protocol; `Lifecycle` does the work."""

from __future__ import annotations

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as rpc

from .checkpoint import FIELD_MANAGER, INITIAL_API_VERSION, as_object, checkpoint, mark_secrets, parse_checkpoint, prune
from .errors import NotReady, ProviderError, Unreachable
from .field_managers import field_manager
from .lifecycle import CannotPreview, DesiredObject
from .normalization import normalize, with_underscores
from .objects import KubeObject, TypeToken, id_of, is_built_in, metadata, name_of, parse_id
from .properties import Properties, Unknown, contains, from_struct, to_struct
from .rpc_errors import PartialFailure
from .session import Session

_GONE = rpc.ReadResponse(id="")
_OMITTED_ANNOTATIONS = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")


def create(session: Session, request: rpc.CreateRequest) -> rpc.CreateResponse:
    """Create the object. A preview is a dry run; if that is not possible yet, it returns the inputs."""
    given = from_struct(request.properties)
    inputs = as_object(given)
    is_patch = TypeToken.of_urn(request.urn).is_patch_of(str(inputs.get("kind", "")))
    if request.preview and (is_patch or contains(inputs, Unknown) or not session.is_served(inputs)):
        return rpc.CreateResponse(properties=request.properties)
    manager = field_manager(inputs, None)
    desired = DesiredObject(request.urn, inputs, manager, request.timeout, request.preview, is_patch)
    api_version = str(inputs.get("apiVersion", ""))
    try:
        live = session.lifecycle.create(desired)
    except CannotPreview:
        return rpc.CreateResponse(properties=request.properties)
    except NotReady as error:
        state = _struct(session, checkpoint(inputs, error.live, given, manager, api_version))
        raise PartialFailure(id_of(error.live), f"the object was created, but {error}", error.reasons, state) from None
    state = _struct(session, checkpoint(inputs, live, given, manager, api_version))
    return rpc.CreateResponse(id="" if request.preview else id_of(live), properties=state)


def update(session: Session, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
    """Change the object in place.

    If the API server rejects the change or the object does not become ready, the state records the present object, and
    the next update tries again.
    """
    old_state, given = from_struct(request.olds), from_struct(request.news)
    _, old_live = parse_checkpoint(old_state)
    inputs = normalize(as_object(given))
    if request.preview and (contains(inputs, Unknown) or not session.is_served(inputs)):
        return rpc.UpdateResponse(properties=request.news)
    is_patch = TypeToken.of_urn(request.urn).is_patch_of(str(inputs.get("kind", "")))
    previous = str(old_state.get(FIELD_MANAGER) or "")
    manager = field_manager(inputs, previous)
    desired = DesiredObject(
        request.urn, inputs, manager, request.timeout, request.preview, is_patch, tuple(request.ignoreChanges)
    )
    api_version = str(old_state.get(INITIAL_API_VERSION) or inputs.get("apiVersion", ""))
    try:
        live = session.lifecycle.update(desired, old_live)
    except NotReady as error:
        state = _struct(session, checkpoint(inputs, error.live, given, manager, api_version))
        raise PartialFailure(id_of(error.live), str(error), error.reasons, state) from None
    if not request.preview and previous and previous != manager:
        session.lifecycle.release_fields(live, previous)
    return rpc.UpdateResponse(properties=_struct(session, checkpoint(inputs, live, given, manager, api_version)))


def read(session: Session, request: rpc.ReadRequest) -> rpc.ReadResponse:
    """Return the live object, or an empty id if it does not exist.

    Without earlier inputs (import, `.get()`) the inputs are derived from the live object.
    """
    try:
        lifecycle = session.lifecycle
    except Unreachable as error:
        return _read_without_cluster(session, request, error)
    old_state, given = from_struct(request.properties), from_struct(request.inputs)
    _, old_live = parse_checkpoint(old_state)
    inputs = normalize(as_object(given))
    imported = not inputs.get("kind") and not old_live.get("kind")
    inputs = _with_address(inputs, old_live, request)
    _, name = parse_id(request.id)
    live = lifecycle.cluster.find(inputs, name)
    if live is None:
        return _GONE
    live_inputs: KubeObject = _derive_inputs(live) if imported else prune(live, inputs, keep_empty=is_built_in(live))
    manager = field_manager(inputs, old_state.get(FIELD_MANAGER))
    api_version = str(old_state.get(INITIAL_API_VERSION) or inputs.get("apiVersion", ""))
    state = _struct(session, checkpoint(live_inputs, live, given, manager, api_version))
    shown = _struct(session, mark_secrets(with_underscores(live_inputs), given))
    if not imported:
        try:
            lifecycle.waiter.check_ready(live, inputs)
        except NotReady as error:
            raise PartialFailure(request.id, str(error), error.reasons, state, shown) from None
    return rpc.ReadResponse(id=request.id, properties=state, inputs=shown)


def _read_without_cluster(session: Session, request: rpc.ReadRequest, error: Unreachable) -> rpc.ReadResponse:
    if session.settings.delete_unreachable:
        session.log.warning(request.urn, f"{error}; deleteUnreachable is set: the resource is removed from the state")
        return _GONE
    if session.settings.skip_update_unreachable:
        return rpc.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
    raise error


def _with_address(inputs: KubeObject, old_live: KubeObject, request: rpc.ReadRequest) -> KubeObject:
    """Return the inputs with kind, name and namespace, from the state or (import) from the type and the id."""
    if inputs.get("kind") and inputs.get("apiVersion"):
        return inputs
    token = TypeToken.of_urn(request.urn)
    namespace, name = parse_id(request.id)
    where = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {
        **inputs,
        "apiVersion": old_live.get("apiVersion") or token.api_version,
        "kind": old_live.get("kind") or token.kind,
        "metadata": {**where, **metadata(inputs)},
    }


def _derive_inputs(live: KubeObject) -> KubeObject:
    """Return the inputs of a program that would create the live object: without status and server-side metadata."""
    result = normalize({key: value for key, value in live.items() if key != "status"})
    annotations = {
        k: v for k, v in (metadata(result).get("annotations") or {}).items() if k not in _OMITTED_ANNOTATIONS
    }
    meta = {key: value for key, value in metadata(result).items() if key != "annotations"}
    result["metadata"] = {**meta, "annotations": annotations} if annotations else meta
    return result


def delete(session: Session, request: rpc.DeleteRequest) -> None:
    """Delete the object and wait until it does not exist; a Patch resource only releases its fields."""
    state = from_struct(request.properties)
    inputs, live = parse_checkpoint(state)
    try:
        lifecycle = session.lifecycle
    except Unreachable as error:
        if session.settings.delete_unreachable:
            session.log.warning(
                request.urn, f"{error}; deleteUnreachable is set: the resource is removed from the state"
            )
            return
        raise
    if TypeToken.of_urn(request.urn).is_patch_of(str(inputs.get("kind") or live.get("kind", ""))):
        lifecycle.release_fields(live, field_manager(inputs, state.get(FIELD_MANAGER)))
        return
    if not name_of(live):
        raise ProviderError(f"the state of {request.urn} has no object name; remove it with `pulumi state delete`")
    try:
        lifecycle.delete(request.urn, live, inputs, request.timeout)
    except NotReady as error:
        manager = field_manager(inputs, state.get(FIELD_MANAGER))
        kept = _struct(session, checkpoint(inputs, error.live, state, manager, str(live.get("apiVersion", ""))))
        raise PartialFailure(id_of(error.live), str(error), error.reasons, kept) from None


def _struct(session: Session, properties: Properties) -> Struct:
    return to_struct(properties, keep_secrets=session.settings.secrets_accepted)
