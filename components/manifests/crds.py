"""The four custom resource definitions of `hoprnet.org/v1alpha2`, field for field as existing installations have them.

They have no status subresource: `status` is a part of the object, and its fields are required only inside it. CEL rules
make the API server enforce immutability. A changed description changes the definition in every existing stack.
"""

from typing import Any

from components.manifests import names
from components.manifests.schema import Schema, choice, flag, immutable, keeps, number, record, text
from config.secret_keys import DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN, IDENTITY_PASSWORD

PHASES = {
    names.POOL_KIND: ("Initialized", "Failed", "OutOfSync", "Ready", "Deleting"),
    names.IDENTITY_KIND: ("Initialized", "Failed", "Ready", "InUse", "Deleting"),
    names.CLUSTER_KIND: ("Initialized", "NotScaled", "Scaling", "Failed", "Ready", "Deleting"),
    names.NODE_KIND: ("Initializing", "Running", "Stopped", "Failed", "Deleting"),
}
SUPPORTED_RELEASES = ("saint-louis", "kaunas")
SERVICE_TYPES = ("ClusterIP", "LoadBalancer")

_MAX_NAME = 253
_AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


def all_crds() -> list[dict[str, Any]]:
    """The four definitions; an owner comes before its children."""
    return [_pool(), _identity(), _cluster(), _node()]


def _pool() -> dict[str, Any]:
    funding = record(
        "Tops up the pool's nodes in the background",
        {
            "schedule": text("When: cron, 5 fields", max_length=100),
            "nativeAmount": text("The xDai each node is topped up to", max_length=100),
        },
        ["schedule", "nativeAmount"],
    )
    spec = record(
        "The identities of one network",
        {
            "network": immutable("network", text("The network the identities live on", max_length=_MAX_NAME)),
            "secretName": immutable(
                "secretName",
                text(
                    f"The Secret with {DEPLOYER_PRIVATE_KEY}, {IDENTITY_PASSWORD} and {HOPRD_API_TOKEN}",
                    max_length=_MAX_NAME,
                ),
            ),
            "funding": funding,
        },
        ["network", "secretName"],
    )
    status = _changing_status(
        names.POOL_KIND,
        {
            "size": number("Identities of the pool that are usable", minimum=0),
            "locked": number("Identities of the pool that a node uses", minimum=0),
        },
        ["size", "locked"],
    )
    columns = [
        _column("Network", ".spec.network"),
        _column("Phase", ".status.phase"),
        _column("Size", ".status.size", "integer"),
        _column("Locked", ".status.locked", "integer"),
    ]
    return _definition(names.POOL_KIND, spec, status, columns)


def _identity() -> dict[str, Any]:
    spec = record(
        "One identity of a pool",
        {
            "identityPoolName": immutable("identityPoolName", _pool_name()),
            "identityFile": text("Base64 of the encrypted identity file", format="password"),
            "peerId": text("The peer id of the packet key"),
            "nativeAddress": text("The address of the chain key"),
            "safeAddress": text("The Safe that holds the node's stake"),
            "moduleAddress": text("The node management module of that Safe"),
        },
        ["identityPoolName", "identityFile", "peerId", "nativeAddress", "safeAddress", "moduleAddress"],
    )
    status = record(
        "What was last seen",
        {
            "phase": choice("Where the identity stands", PHASES[names.IDENTITY_KIND]),
            "hoprdNodeName": text("The Hoprd that uses the identity"),
        },
        ["phase"],
    )
    columns = [
        _column("Phase", ".status.phase"),
        _column("Pool", ".spec.identityPoolName"),
        _column("HoprdNode", ".status.hoprdNodeName"),
    ]
    return _definition(names.IDENTITY_KIND, spec, status, columns)


def _cluster() -> dict[str, Any]:
    spec = record(
        "A number of nodes of one version and configuration",
        {
            "identityPoolName": immutable("identityPoolName", _pool_name()),
            "replicas": number("How many nodes", minimum=0),
            **_workload(),
            "supportedRelease": choice("The release line the version belongs to", SUPPORTED_RELEASES),
            "forceIdentityName": flag("Node n uses identity <pool>-<n>, and no other"),
        },
        ["identityPoolName", "replicas", "config", "version", "supportedRelease"],
        **keeps("portsAllocation"),
    )
    status = _changing_status(names.CLUSTER_KIND, {"currentNodes": number("Nodes that are running", minimum=0)})
    columns = [
        _column("Phase", ".status.phase"),
        _column("Pool", ".spec.identityPoolName"),
        _column("version", ".spec.version"),
        _column("Replicas", ".spec.replicas", "integer"),
        _column("Current", ".status.currentNodes", "integer"),
    ]
    return _definition(names.CLUSTER_KIND, spec, status, columns)


def _node() -> dict[str, Any]:
    spec = record(
        "One node",
        {
            "identityPoolName": immutable("identityPoolName", _pool_name()),
            "identityName": immutable("identityName", text("The identity it uses", max_length=_MAX_NAME)),
            **_workload(),
            "supportedRelease": immutable(
                "supportedRelease", choice("The release line the version belongs to", SUPPORTED_RELEASES)
            ),
            "deleteDatabase": flag("Wipe the node's index database once", default=False),
        },
        ["identityPoolName", "config", "version", "supportedRelease"],
        **keeps("identityName", "portsAllocation"),
    )
    status = _changing_status(names.NODE_KIND, {"identityName": text("The identity it uses")})
    columns = [
        _column("Phase", ".status.phase"),
        _column("Version", ".spec.version"),
        _column("IdentityHoprd", ".status.identityName"),
    ]
    return _definition(names.NODE_KIND, spec, status, columns)


def _workload() -> dict[str, Schema]:
    override = {
        field: text(f"{what}, as YAML")
        for field, what in {
            "env": "More environment variables",
            "resources": "Resources of the node's container",
            "startupProbe": "Startup probe",
            "livenessProbe": "Liveness probe",
            "readinessProbe": "Readiness probe",
        }.items()
    }
    service_type = immutable("service.type", choice("How the node is reached", SERVICE_TYPES, default="ClusterIP"))
    return {
        "config": text("The node's configuration: hoprd YAML"),
        "version": text("Tag of the hoprd image"),
        "enabled": flag("False stops the node and keeps its data", default=True),
        "service": record("The node's Service", {"type": service_type}, default={}),
        "deployment": record("What differs from the defaults of a node's Deployment", override),
        "portsAllocation": immutable(
            "portsAllocation", number("Ports of one node: p2p and sessions", minimum=1, maximum=200, default=10)
        ),
    }


def _pool_name() -> Schema:
    return text("The IdentityPool it belongs to", max_length=_MAX_NAME)


def _changing_status(kind: str, fields: dict[str, Schema], required: list[str] | None = None) -> Schema:
    always = {
        "phase": choice("Where the resource stands", PHASES[kind]),
        "updateTimestamp": text("When a change was last applied", format="date-time"),
        "checksum": text("Checksum of the spec that was last applied"),
    }
    return record("What was last seen", {**always, **fields}, [*always, *(required or [])])


def _column(name: str, path: str, kind: str = "string") -> dict[str, str]:
    return {"name": name, "type": kind, "jsonPath": path}


def _definition(kind: str, spec: Schema, status: Schema, columns: list[dict[str, str]]) -> dict[str, Any]:
    singular = kind.lower()
    plural = f"{singular}s"
    version = {
        "name": names.VERSION,
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": record(f"{kind} of HOPR", {"spec": spec, "status": status}, ["spec"]),
        },
        "additionalPrinterColumns": [*columns, _AGE],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": names.crd(plural)},
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": singular,
                "shortNames": [singular],
                "categories": ["hopr"],
            },
            "versions": [version],
        },
    }
