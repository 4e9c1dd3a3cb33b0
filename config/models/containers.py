"""Container fields that an operator may override: environment, resources, probes. Each is data or a string of YAML."""

from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from config.models.environment import check_environment
from config.models.limited_yaml import load
from config.models.probes import check_readiness_probe, check_restarting_probe
from config.models.resources import check_resources
from config.models.scalars import broken
from config.models.yaml_error import invalid_yaml


def _parsed(value: object) -> object:
    """Parse a string as YAML; return any other value unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return load(value)
    except yaml.YAMLError as error:
        raise broken(invalid_yaml(error, value)) from None


_TEXT_OR_OBJECT = WithJsonSchema({"type": ["string", "object"]})
_PROBE_EXAMPLE = Field(examples=[{"httpGet": {"path": "/readyz", "port": 3001}, "periodSeconds": 15}])

Resources = Annotated[
    dict[str, Any],
    BeforeValidator(_parsed),
    AfterValidator(check_resources),
    Field(examples=[{"requests": {"cpu": "750m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}}]),
    _TEXT_OR_OBJECT,
]
ReadinessProbe = Annotated[
    dict[str, Any], BeforeValidator(_parsed), AfterValidator(check_readiness_probe), _PROBE_EXAMPLE, _TEXT_OR_OBJECT
]
RestartingProbe = Annotated[
    dict[str, Any], BeforeValidator(_parsed), AfterValidator(check_restarting_probe), _PROBE_EXAMPLE, _TEXT_OR_OBJECT
]
"""A startup or liveness probe: the container restarts when it fails."""
EnvVars = Annotated[
    list[dict[str, Any]],
    BeforeValidator(_parsed),
    AfterValidator(check_environment),
    Field(examples=[[{"name": "RUST_LOG", "value": "debug"}]]),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "object", "required": ["name"]}}),
]
