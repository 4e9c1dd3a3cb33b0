"""Environment variables of a container, by the rules with which the API server validates a pod."""

import re
from typing import Any

from config.models.names import is_object_name, is_qualified_name
from config.models.releases import RESERVED_VARIABLES
from config.models.scalars import broken

LONGEST_VARIABLE = 120_000
"""Bytes of a variable's value. Linux starts no process with a variable of 128 KiB, its name included."""
# Valid in every version of Kubernetes; since 1.34 it accepts any printable ASCII character except '='.
_NAME = re.compile(r"(?!\.\.)(?!\.$)[-._a-zA-Z][-._a-zA-Z0-9]*")
_KEY = re.compile(r"(?!\.\.)(?!\.$)[-._a-zA-Z0-9]{1,253}")
_LABEL_OR_ANNOTATION = re.compile(r"metadata\.(?:labels|annotations)\['(.*)'\]")
_FIELD_PATHS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_RESOURCE = re.compile(r"(?:limits|requests)\.(?:cpu|memory|ephemeral-storage|hugepages-.+)")
_DIVISORS = {
    "cpu": ("1m", "1"),
    "memory": ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
}
_SOURCE_KEYS = {
    "secretKeyRef": ("name", "key", "optional"),
    "configMapKeyRef": ("name", "key", "optional"),
    "fieldRef": ("fieldPath", "apiVersion"),
    "resourceFieldRef": ("resource", "containerName", "divisor"),
}


def check_environment(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the variables. Raise a rule error for what the API server would refuse, and for reserved variables."""
    names: set[str] = set()
    for entry in value:
        name = entry.get("name")
        if not isinstance(name, str) or not name:
            raise broken("has an entry without a valid 'name'")
        if not _NAME.fullmatch(name):
            raise broken(
                f"has '{name}', which is not the name of a variable (letters, digits, '_', '-' and '.', not first a "
                "digit)"
            )
        if name in RESERVED_VARIABLES:
            raise broken(f"has '{name}', which the program sets; remove it")
        if name in names:
            raise broken(f"has '{name}' twice; keep one")
        names.add(name)
        _check_keys(entry, ("name", "value", "valueFrom"), f"'{name}'")
        if ("value" in entry) == ("valueFrom" in entry):
            raise broken(f"has '{name}' with neither or both of 'value' and 'valueFrom'; set exactly one")
        if not isinstance(entry.get("value", ""), str):
            raise broken(f"has '{name}' with a value that is not a string; write it in quotes")
        if (size := len(entry.get("value", "").encode(errors="replace"))) > LONGEST_VARIABLE:
            raise broken(f"has '{name}' with {size:,} bytes; at most {LONGEST_VARIABLE:,} are allowed")
        if "valueFrom" in entry:
            _check_source(name, entry["valueFrom"])
    return value


def _check_source(name: str, source: object) -> None:
    expected = ", ".join(_SOURCE_KEYS)
    if not isinstance(source, dict) or len(source) != 1 or not source.keys() <= _SOURCE_KEYS.keys():
        raise broken(f"has '{name}' with a valueFrom that is not exactly one of {expected}")
    kind, reference = next(iter(source.items()))
    where = f"'{name}' in {kind}"
    if not isinstance(reference, dict):
        raise broken(f"has '{name}' with '{kind}' that is not a mapping")
    _check_keys(reference, _SOURCE_KEYS[kind], where)
    if kind in {"secretKeyRef", "configMapKeyRef"}:
        _check_key_of_object(reference, where)
    elif kind == "fieldRef":
        if reference.get("apiVersion", "v1") != "v1" or not _is_field_path(reference.get("fieldPath")):
            raise broken(f"has {where} with a fieldPath that is not one of {', '.join(_FIELD_PATHS)}")
    else:
        _check_resource_field(reference, where)


def _check_key_of_object(reference: dict[str, Any], where: str) -> None:
    name, key = reference.get("name"), reference.get("key")
    if not isinstance(name, str) or not is_object_name(name):
        raise broken(f"has {where} without a valid 'name'")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise broken(f"has {where} without a valid 'key' (letters, digits, '-', '_' and '.')")
    if not isinstance(reference.get("optional", False), bool):
        raise broken(f"has {where} with an 'optional' that is not true or false")


def _is_field_path(path: object) -> bool:
    if not isinstance(path, str):
        return False
    subscripted = _LABEL_OR_ANNOTATION.fullmatch(path)
    if subscripted is None:
        return path in _FIELD_PATHS
    key = subscripted[1]
    return is_qualified_name(key.lower() if path.startswith("metadata.annotations") else key)


def _check_resource_field(reference: dict[str, Any], where: str) -> None:
    resource, container = reference.get("resource"), reference.get("containerName", "")
    if not isinstance(resource, str) or not _RESOURCE.fullmatch(resource) or not isinstance(container, str):
        raise broken(f"has {where} with a resource that is not one of limits or requests of cpu, memory, …")
    divisor = str(reference.get("divisor", "1"))
    if divisor != "0" and divisor not in _DIVISORS["cpu" if resource.endswith(".cpu") else "memory"]:
        raise broken(f"has {where} with the divisor '{divisor}', which Kubernetes refuses")


def _check_keys(found: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
    unknown = [str(key) for key in found if key not in allowed]
    if unknown:
        raise broken(f"has an unknown key '{unknown[0]}' in {where}, expected one of {', '.join(allowed)}")
