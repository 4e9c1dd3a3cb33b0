"""The immutable fields of each kind: a change makes Pulumi replace the object, as the API server rejects the update.

The table is the official provider's, without removed kinds. A path ends at the field; `*` matches any list entry.
"""

from __future__ import annotations

from .objects import KubeObject, group_of, is_secret

Path = tuple[str, ...]

IDENTITY: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))


def _words(text: str) -> list[str]:
    return text.split()


def _spec(names: str) -> tuple[Path, ...]:
    return tuple(("spec", *name.split(".")) for name in names.split())


_CONTAINER_FIELDS = _words(
    "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext "
    "stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir"
)

_POD = _spec(
    "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork "
    "hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName "
    "readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName "
    "shareProcessNamespace subdomain terminationGracePeriodSeconds volumes "
    + " ".join(
        f"{containers}.*.{name}" for containers in ("containers", "initContainers") for name in _CONTAINER_FIELDS
    )
)

_PERSISTENT_VOLUME = _spec(
    "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs "
    "hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
)

_BY_KIND: dict[tuple[str, str], tuple[Path, ...]] = {
    ("", "PersistentVolume"): _PERSISTENT_VOLUME,
    ("", "PersistentVolumeClaim"): _spec("accessModes selector storageClassName volumeName"),
    ("", "Pod"): _POD,
    ("", "ResourceQuota"): _spec("scopes"),
    ("", "Secret"): (("type",),),
    ("", "Service"): _spec("clusterIP"),
    ("apps", "DaemonSet"): _spec("selector"),
    ("apps", "Deployment"): _spec("selector"),
    ("apps", "StatefulSet"): _spec(
        "podManagementPolicy revisionHistoryLimit selector serviceName volumeClaimTemplates"
    ),
    ("batch", "Job"): _spec("completions parallelism selector template"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("storage.k8s.io", "StorageClass"): (("parameters",), ("provisioner",)),
}


def immutable_fields(obj: KubeObject, *, secrets_mutable: bool, config_maps_mutable: bool) -> tuple[Path, ...]:
    """Return the paths for this object. Data of ConfigMaps and Secrets is immutable unless configured otherwise."""
    group, kind = group_of(obj), str(obj.get("kind", ""))
    frozen = obj.get("immutable") is True
    if is_secret(obj) and (frozen or not secrets_mutable):
        return (*IDENTITY, ("type",), ("stringData",), ("data",))
    if (group, kind) == ("", "ConfigMap") and (frozen or not config_maps_mutable):
        return (*IDENTITY, ("binaryData",), ("data",))
    return (*IDENTITY, *_BY_KIND.get((group, kind), ()))


def touches(path: tuple[str | int, ...], value: object, field: Path) -> bool:
    """Whether setting `path` to `value` changes the immutable `field`: itself, a part of it, or a parent of it."""
    for step, expected in zip(path, field, strict=False):
        if expected != ("*" if isinstance(step, int) else step):
            return False
    return _holds(value, field[len(path) :])


def _holds(value: object, rest: Path) -> bool:
    if not rest:
        return True
    if rest[0] == "*":
        return isinstance(value, list) and any(_holds(item, rest[1:]) for item in value)
    return isinstance(value, dict) and rest[0] in value and _holds(value[rest[0]], rest[1:])
