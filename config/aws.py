"""How things in AWS are named."""

from typing import Annotated

from pydantic import Field

from config.names import Text

AwsName = Annotated[
    str,
    Text(r"[A-Za-z0-9/_+=.@:-]{1,512}", "is not a name or ARN of AWS (letters, digits and /_+=.@:-)"),
    Field(examples=["prod/hoprd"]),
]
"""Name, alias or ARN."""

AwsRegion = Annotated[
    str, Text(r"[a-z]{2}(?:-[a-z]+)+-[0-9]", "is not an AWS region"), Field(examples=["eu-central-1"])
]
