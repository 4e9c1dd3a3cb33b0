"""The JSON Schema of a stack file's `config`, for editors and CI."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from config.models.scalars import Amount
from config.models.stack_file import NAMESPACE, StackFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SECURE = {
    "type": "object",
    "title": "Encrypted value",
    "description": "Written by `pulumi config set --secret --path`.",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


class _Generator(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:
        return str(dft) if isinstance(dft, Amount) else super().encode_default(dft)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        described = super().dict_schema(schema)
        if "patternProperties" in described:  # pydantic's schema would allow other names
            described.pop("propertyNames", None)
            described["additionalProperties"] = False
        return described


def stack_file_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the mapping under `config` in a `Pulumi.<stack>.yaml`.

    Secrets are optional, because a checked-in file has none, and may be encrypted. A schema cannot express rules
    between values, such as the size of a pool and the number of its nodes; `python -m config check` checks them.
    """
    schema = StackFile.model_json_schema(by_alias=True, schema_generator=_Generator)
    definitions: dict[str, Any] = schema["$defs"]
    for definition in definitions.values():
        _allow_encrypted(definition)
    definitions["Secure"] = _SECURE
    properties = {f"{NAMESPACE}:{name}": description for name, description in schema["properties"].items()}
    return {
        "$schema": DIALECT,
        "title": "Configuration of one stack",
        "type": "object",
        "properties": properties,
        "required": [f"{NAMESPACE}:{name}" for name in schema["required"] if name != "wallet"],
        "patternProperties": {f"^(?!{NAMESPACE}:)[^:]+:.+$": {}},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _allow_encrypted(definition: dict[str, Any]) -> None:
    properties: dict[str, Any] = definition.get("properties", {})
    secret = [name for name, description in properties.items() if "writeOnly" in str(description)]
    for name in secret:
        described = {key: properties[name].pop(key) for key in ("title", "description") if key in properties[name]}
        properties[name] = {**described, "anyOf": [properties[name], {"$ref": "#/$defs/Secure"}]}
