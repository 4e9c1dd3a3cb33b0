"""Names, annotations and image references: strings with a syntax that Kubernetes, DNS or AWS defines."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from config.models.scalars import broken


@dataclass(frozen=True)
class Text:
    """Metadata of an annotated `str`: the whole value must match `pattern`, else `rule` is the error message."""

    pattern: str
    rule: str

    def __get_pydantic_core_schema__(self, source: type[str], handler: GetCoreSchemaHandler) -> CoreSchema:
        def check(value: str) -> str:
            if not re.fullmatch(self.pattern, value):
                raise broken(self.rule)
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


_LABEL = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LABEL_RULE = (
    "may contain only lower-case letters, digits and '-', must start with a letter and have at most 63 characters"
)
Name = Annotated[str, Text(_LABEL, _LABEL_RULE), Field(examples=["core"])]
"""A name that is valid for every kind of Kubernetes object that the program creates from it (RFC 1035 label)."""

NamespaceName = Annotated[
    str,
    Text(
        r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
        "is not a valid namespace (lower-case letters, digits and '-', at most 63 characters)",
    ),
    Field(examples=["hoprd"]),
]
"""The name of a namespace (RFC 1123 label)."""

_SUBDOMAIN = r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_NAME_IN_KEY = re.compile(r"(?=.{1,63}$)[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
ObjectName = Annotated[
    str,
    Text(_SUBDOMAIN, "is not a valid name of a Kubernetes object (lower-case letters, digits, '-' and '.')"),
    Field(examples=["my-secret"]),
]
"""The name of an existing object (RFC 1123 subdomain)."""


def is_object_name(text: str) -> bool:
    """Whether Kubernetes accepts the text as the name of a Secret or ConfigMap."""
    return re.fullmatch(_SUBDOMAIN, text) is not None


def is_qualified_name(text: str) -> bool:
    """Whether Kubernetes accepts the text as the key of a label: a name, optionally after a domain and `/`."""
    domain, slash, name = text.rpartition("/")
    return _NAME_IN_KEY.fullmatch(name) is not None and (not slash or is_object_name(domain))


def _annotations(value: dict[str, str]) -> dict[str, str]:
    for key in value:
        if not is_qualified_name(key.lower()):
            raise broken(f"has the key '{key}', which is not the key of an annotation (<domain>/<name> or <name>)")
    size = sum(len(key.encode()) + len(text.encode()) for key, text in value.items())
    if size > _MAX_ANNOTATIONS_SIZE:
        raise broken(f"has {size} bytes, at most {_MAX_ANNOTATIONS_SIZE} are allowed")
    return value


_MAX_ANNOTATIONS_SIZE = 256 * 1024
Annotations = Annotated[dict[str, str], AfterValidator(_annotations)]

DnsDomain = Annotated[
    str,
    Text(
        r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+",
        "is not a DNS domain (lower-case labels joined by dots)",
    ),
    Field(examples=["staging.hoprnet.link"]),
]

ImageTag = Annotated[
    str,
    Text(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", "is not an image tag (letters, digits, '.', '_', '-')"),
    Field(examples=["2.1.0"]),
]

_REPOSITORY = r"[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
Repository = Annotated[
    str,
    Text(_REPOSITORY, "is not an image repository without a tag (a node's 'version' is the tag)"),
    Field(examples=["docker.io/hoprnet/hoprd"]),
]
Image = Annotated[
    str,
    Text(
        _REPOSITORY + r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?",
        "is not an image reference (repository, optionally ':tag')",
    ),
    Field(examples=["docker.io/library/alpine:3.22"]),
]


def _ipv4(value: str) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ipaddress.AddressValueError:
        version = ", and hoprd announces no IPv6 address" if ":" in value else ""
        raise broken(f"is not an IPv4 address{version}") from None


IpV4 = Annotated[
    str, AfterValidator(_ipv4), Field(examples=["203.0.113.10"]), WithJsonSchema({"type": "string", "format": "ipv4"})
]

AwsName = Annotated[
    str,
    Text(r"[A-Za-z0-9/_+=.@:-]{1,512}", "is not an AWS name or ARN (letters, digits and /_+=.@:-)"),
    Field(examples=["prod/hoprd"]),
]
"""Name, alias or ARN of an AWS resource."""

AwsRegion = Annotated[
    str, Text(r"[a-z]{2}(?:-[a-z]+)+-[0-9]", "is not an AWS region"), Field(examples=["eu-central-1"])
]
