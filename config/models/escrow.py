"""Escrow: a second place for each identity file, outside of Pulumi's state."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.models.model import Model
from config.models.names import AwsName, AwsRegion, Text
from config.models.scalars import contradicts

Directory = Annotated[
    str, Text(r"/[^\0\n]*", "is not an absolute path (it starts with '/')"), Field(examples=["/var/lib/hoprd-escrow"])
]


class SecretsManagerEscrow(Model):
    """One secret of AWS Secrets Manager for each identity: `<prefix>/<stack>/<identity>`."""

    prefix: AwsName = Field(examples=["hoprd-identities"])
    """What the secrets' names start with."""
    region: AwsRegion | None = None
    """Region of the secrets; by default the one of your AWS configuration."""


class Escrow(Model):
    """Where each identity file is kept beside the state: one of these, or nowhere."""

    directory: Directory | None = None
    """A directory of this machine (or a mounted one): `<directory>/<stack>/<identity>.id`."""
    secrets_manager: SecretsManagerEscrow | None = None
    """AWS Secrets Manager."""

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.directory is not None and self.secrets_manager is not None:
            raise contradicts("has both directory and secretsManager, one place is kept in step; remove one of them")
        return self
