"""CPU, memory and other resources of a container, by the rules with which the API server validates a pod."""

from fractions import Fraction
from typing import Any

from config.models.names import is_qualified_name
from config.models.quantities import amount_of
from config.models.scalars import broken

_PARTS = ("requests", "limits")
_STANDARD = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"


def check_resources(value: dict[str, Any]) -> dict[str, Any]:
    """Return the `resources` of a container. Raise a rule error for what the API server would refuse."""
    unknown = [str(key) for key in value if key not in _PARTS]
    if unknown:
        raise broken(f"has an unknown key '{unknown[0]}', expected one of {', '.join(_PARTS)}")
    amounts = {part: _amounts(part, given) for part, given in value.items()}
    limits = amounts.get("limits", {})
    for resource, requested in amounts.get("requests", {}).items():
        _check_request(resource, requested, limits.get(resource))
    named = {resource for given in amounts.values() for resource in given}
    if any(map(_is_huge_pages, named)) and not named & {"cpu", "memory"}:
        raise broken("has huge pages, which require requests or limits of cpu or memory")
    return value


def _amounts(part: str, given: object) -> dict[str, Fraction]:
    if not isinstance(given, dict):
        raise broken(f"has '{part}' that is not a mapping")
    return {resource: _amount(part, resource, amount) for resource, amount in given.items()}


def _amount(part: str, resource: object, given: object) -> Fraction:
    if not isinstance(resource, str) or not _is_resource(resource):
        raise broken(
            f"has {part}.{resource}, which is not a resource of a container; expected one of {', '.join(_STANDARD)}, "
            "hugepages-<size>, or <domain>/<name>"
        )
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise broken(f"has {part}.{resource} that is not a quantity")
    try:
        amount = amount_of(str(given))
    except ValueError:
        raise broken(f"has {part}.{resource} = '{given}', which is not a quantity") from None
    if amount < 0:
        raise broken(f"has {part}.{resource} = '{given}', which is negative")
    if _is_extended(resource) and amount.denominator != 1:
        raise broken(f"has {part}.{resource} = '{given}', which is not an integer")
    if _is_huge_pages(resource) and amount % _page_size(resource):
        raise broken(f"has {part}.{resource} = '{given}', which is not a multiple of the page size")
    return amount


def _check_request(resource: str, requested: Fraction, limit: Fraction | None) -> None:
    if resource in _STANDARD or _is_native(resource):
        if limit is not None and requested > limit:
            raise broken(f"has requests.{resource} above limits.{resource}; lower the request or raise the limit")
    elif requested != limit:
        raise broken(f"has requests.{resource} without an equal limits.{resource}; set both to the same value")


def _is_resource(name: str) -> bool:
    if _is_huge_pages(name):
        return _page_size(name) > 0 and is_qualified_name(name)
    return name in _STANDARD or _is_native(name) or _is_extended(name)


def _is_native(name: str) -> bool:
    """A resource of Kubernetes with a domain, such as `node.kubernetes.io/batch-cpu`."""
    return "kubernetes.io/" in name and is_qualified_name(name)


def _is_extended(name: str) -> bool:
    """A resource of a device plugin, such as `example.com/gpu`. Its name must also be valid in a quota."""
    has_domain = "/" in name and "kubernetes.io/" not in name
    return has_domain and not name.startswith("requests.") and is_qualified_name(f"requests.{name}")


def _is_huge_pages(name: str) -> bool:
    return name.startswith(_HUGE_PAGES)


def _page_size(name: str) -> Fraction:
    """The page size of a `hugepages-<size>` resource; zero if the size is not a whole number of bytes."""
    try:
        size = amount_of(name.removeprefix(_HUGE_PAGES))
    except ValueError:
        return Fraction(0)
    return size if size.denominator == 1 else Fraction(0)
