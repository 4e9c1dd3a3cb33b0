"""The base of the configuration models: frozen, strict, no unknown keys, camelCase in YAML, snake_case in Python."""

import re

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.fields import ComputedFieldInfo, FieldInfo


def _title(name: str, _field: FieldInfo | ComputedFieldInfo) -> str:
    return re.sub(r"_", " ", name).capitalize()


class Model(BaseModel):
    """The base class. The docstring below a field becomes its description in the JSON Schema."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        field_title_generator=_title,
    )
