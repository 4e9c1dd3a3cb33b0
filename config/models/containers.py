"""Container fields that an operator may override: environment, resources, probes. Each is data or a string of YAML."""

from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, WithJsonSchema

from config.models.names import Quantity
from config.models.scalars import broken
from config.models.yaml_error import invalid_yaml
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
RESERVED_VARIABLES = frozenset(
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
"""Variables that the program sets from a node's identity, ports and volumes. The configuration must not set them."""
_quantity: TypeAdapter[str] = TypeAdapter(Quantity)


def _parsed(value: object) -> object:
    """Parse a string as YAML; return any other value unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise broken(invalid_yaml(error, value)) from None


def _check_keys(found: dict[str, Any], allowed: tuple[str, ...], where: str = "") -> None:
    unknown = [str(key) for key in found if key not in allowed]
    if unknown:
        raise broken(f"has an unknown key '{unknown[0]}'{where}, expected one of {', '.join(allowed)}")


def _resources(value: dict[str, Any]) -> dict[str, Any]:
    _check_keys(value, _RESOURCE_KEYS)
    for part, amounts in value.items():
        if not isinstance(amounts, dict):
            raise broken(f"has '{part}' that is not a mapping")
        for resource, amount in amounts.items():
            if isinstance(amount, bool) or not isinstance(amount, str | int | float):
                raise broken(f"has {part}.{resource} that is not a quantity")
            try:
                _quantity.validate_python(str(amount))
            except ValueError:
                raise broken(f"has {part}.{resource} = '{amount}', which is not a quantity") from None
    return value


def _probe(value: dict[str, Any]) -> dict[str, Any]:
    _check_keys(value, _PROBE_KEYS)
    handlers = [key for key in _HANDLERS if key in value]
    if len(handlers) != 1:
        raise broken(f"has {' and '.join(handlers) or 'no handler'}, expected exactly one of {', '.join(_HANDLERS)}")
    for key, least in _PERIODS.items():
        number = value.get(key, least)
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise broken(f"has a {key} that is not an integer of at least {least}")
    return value


def _env(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names: set[str] = set()
    for entry in value:
        name = entry.get("name")
        if not isinstance(name, str) or not name or "=" in name:
            raise broken("has an entry without a valid 'name'")
        if name in RESERVED_VARIABLES:
            raise broken(f"has '{name}', which the program sets; remove it")
        _check_keys(entry, ("name", "value", "valueFrom"), f" in '{name}'")
        if ("value" in entry) == ("valueFrom" in entry):
            raise broken(f"has '{name}' with neither or both of 'value' and 'valueFrom'; set exactly one")
        if not isinstance(entry.get("value", ""), str):
            raise broken(f"has '{name}' with a value that is not a string; write it in quotes")
        if name in names:
            raise broken(f"has '{name}' twice; keep one")
        names.add(name)
    return value


_TEXT_OR_OBJECT = {"type": ["string", "object"]}

Resources = Annotated[
    dict[str, Any],
    BeforeValidator(_parsed),
    AfterValidator(_resources),
    Field(examples=[{"requests": {"cpu": "750m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}}]),
    WithJsonSchema(_TEXT_OR_OBJECT),
]
Probe = Annotated[
    dict[str, Any],
    BeforeValidator(_parsed),
    AfterValidator(_probe),
    Field(examples=[{"httpGet": {"path": "/readyz", "port": 3001}, "periodSeconds": 15}]),
    WithJsonSchema(_TEXT_OR_OBJECT),
]
EnvVars = Annotated[
    list[dict[str, Any]],
    BeforeValidator(_parsed),
    AfterValidator(_env),
    Field(examples=[[{"name": "RUST_LOG", "value": "debug"}]]),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "object", "required": ["name"]}}),
]
