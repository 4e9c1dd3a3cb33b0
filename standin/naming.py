"""Object names: from the program, else generated once (`<resource>-<8 hex digits>`, marked by an annotation)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from .errors import ProviderError
from .objects import AUTONAMED, KubeObject, annotated, metadata, name_of, resource_name
from .properties import Unknown


@dataclass(frozen=True, slots=True)
class AutonamingRule:
    """The engine's autonaming configuration: a proposed name, or no automatic names."""

    proposed_name: str = ""
    disabled: bool = False


def with_name(obj: KubeObject, urn: str, random_seed: bytes, rule: AutonamingRule) -> KubeObject:
    """Return a copy with a generated name if the program sets none.

    The same seed gives the same name, so that a preview shows the name that `up` creates. Raise ProviderError if
    automatic names are disabled, or for `generateName`, which server-side apply does not support.
    """
    if _is_named(obj):
        return obj
    if metadata(obj).get("generateName"):
        raise ProviderError(
            "`.metadata.generateName` is not supported in Server-Side Apply mode; set `.metadata.name`, or neither"
        )
    if rule.disabled:
        raise ProviderError(f"automatic naming is disabled and {resource_name(urn)!r} has no `.metadata.name`")
    if rule.proposed_name:
        return _autonamed(obj, rule.proposed_name)
    digits = hashlib.sha256(random_seed).hexdigest()[:8] if random_seed else secrets.token_hex(4)
    return _autonamed(obj, f"{resource_name(urn)}-{digits}")


def with_old_name(obj: KubeObject, old: KubeObject) -> KubeObject:
    """Return a copy with the name that was generated earlier, if the program still sets none."""
    if _is_named(obj) or not annotated(old, AUTONAMED):
        return obj
    return _autonamed(obj, name_of(old))


def _is_named(obj: KubeObject) -> bool:
    name: Any = metadata(obj).get("name")
    return isinstance(name, Unknown) or bool(name)


def _autonamed(obj: KubeObject, name: str) -> KubeObject:
    annotations = {**(metadata(obj).get("annotations") or {}), AUTONAMED: "true"}
    return {**obj, "metadata": {**metadata(obj), "name": name, "annotations": annotations}}
