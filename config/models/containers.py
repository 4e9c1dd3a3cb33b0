"""Container fields an operator may override: environment, resources, probes; plain data or YAML text of it."""

from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, WithJsonSchema

from config.models.names import Quantity
from config.models.scalars import broken
from config.secret_keys import HOPRD_API_TOKEN

_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")
_PERIODS = {
    "initialDelaySeconds": 0,
    "periodSeconds": 1,
    "timeoutSeconds": 1,
    "failureThreshold": 1,
    "successThreshold": 1,
}
_PROBE_KEYS = (*_HANDLERS, *_PERIODS, "terminationGracePeriodSeconds")
_RESOURCE_KEYS = ("requests", "limits")
DECIDED_VARIABLES = frozenset(
    {
        "HOPRD_PASSWORD",
        HOPRD_API_TOKEN,
        "HOPRD_CONFIGURATION_FILE_PATH",
        "HOPRD_NETWORK",
        "HOPRD_SAFE_ADDRESS",
        "HOPRD_MODULE_ADDRESS",
        "HOPRD_IDENTITY",
        "HOPRD_DATA",
        "HOPRD_HOST",
        "HOPRD_API",
        "HOPRD_API_HOST",
        "HOPRD_HEALTH_CHECK",
        "HOPRD_HEALTH_CHECK_HOST",
        "HOPRD_DEFAULT_SESSION_LISTEN_HOST",
        "HOPRD_SESSION_PORT_RANGE",
    }
)
"""Variables of a node that follow from its identity, its ports and its volumes: nobody else may set them."""
_quantity: TypeAdapter[str] = TypeAdapter(Quantity)


def _plain(value: object) -> object:
    """YAML text becomes what it says; anything else stays."""
    if not isinstance(value, str):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise broken("is text that is not YAML") from None


def _known(found: dict[str, Any], allowed: tuple[str, ...], what: str) -> None:
    unknown = [str(key) for key in found if key not in allowed]
    if unknown:
        raise broken(f"has {what} '{unknown[0]}', allowed are {', '.join(allowed)}")


def _resources(value: dict[str, Any]) -> dict[str, Any]:
    _known(value, _RESOURCE_KEYS, "the key")
    for part, amounts in value.items():
        if not isinstance(amounts, dict):
            raise broken(f"needs a mapping under '{part}'")
        for resource, amount in amounts.items():
            if isinstance(amount, bool) or not isinstance(amount, str | int | float):
                raise broken(f"has {part}.{resource} that is not a quantity")
            try:
                _quantity.validate_python(str(amount))
            except ValueError:
                raise broken(f"has {part}.{resource} = '{amount}', which is not a quantity") from None
    return value


def _probe(value: dict[str, Any]) -> dict[str, Any]:
    _known(value, _PROBE_KEYS, "the key")
    handlers = [key for key in _HANDLERS if key in value]
    if len(handlers) != 1:
        raise broken(f"has {' and '.join(handlers) or 'no handler'}, exactly one of {', '.join(_HANDLERS)} is needed")
    for key, least in _PERIODS.items():
        number = value.get(key, least)
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise broken(f"has a {key} that is not a whole number of at least {least}")
    return value


def _env(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names: set[str] = set()
    for entry in value:
        name = entry.get("name")
        if not isinstance(name, str) or not name or "=" in name:
            raise broken("has an entry without a valid 'name'")
        if name in DECIDED_VARIABLES:
            raise broken(f"has '{name}', which the program decides, leave it out")
        _known(entry, ("name", "value", "valueFrom"), f"in '{name}' the key")
        if ("value" in entry) == ("valueFrom" in entry):
            raise broken(f"has '{name}' with neither or both of 'value' and 'valueFrom'")
        if not isinstance(entry.get("value", ""), str):
            raise broken(f"has '{name}' with a value that is not text, write it in quotes")
        if name in names:
            raise broken(f"has '{name}' twice")
        names.add(name)
    return value


_TEXT_OR_OBJECT = {"type": ["string", "object"]}

Resources = Annotated[
    dict[str, Any],
    BeforeValidator(_plain),
    AfterValidator(_resources),
    Field(examples=[{"requests": {"cpu": "750m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}}]),
    WithJsonSchema(_TEXT_OR_OBJECT),
]
Probe = Annotated[
    dict[str, Any],
    BeforeValidator(_plain),
    AfterValidator(_probe),
    Field(examples=[{"httpGet": {"path": "/readyz", "port": 3001}, "periodSeconds": 15}]),
    WithJsonSchema(_TEXT_OR_OBJECT),
]
EnvVars = Annotated[
    list[dict[str, Any]],
    BeforeValidator(_plain),
    AfterValidator(_env),
    Field(examples=[[{"name": "RUST_LOG", "value": "debug"}]]),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "object", "required": ["name"]}}),
]
