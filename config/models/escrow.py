"""Escrow: a second copy of each identity file, outside the Pulumi state."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.models.model import Model
from config.models.names import AwsName, AwsRegion, Text
from config.models.scalars import contradicts

Directory = Annotated[
    str, Text(r"/[^\0\n]*", "is not an absolute path (must start with '/')"), Field(examples=["/var/lib/hoprd-escrow"])
]


class SecretsManagerEscrow(Model):
    """One secret of AWS Secrets Manager for each identity: `<prefix>/<stack>/<identity>`."""

    prefix: AwsName = Field(examples=["hoprd-identities"])
    """Prefix of the names of the secrets."""
    region: AwsRegion | None = None
    """Region of the secrets; the region of your AWS configuration by default."""


class Escrow(Model):
    """Where the program keeps a second copy of each identity file: in one of these, or nowhere."""

    directory: Directory | None = None
    """A local or mounted directory; the files are `<directory>/<stack>/<identity>.id`."""
    secrets_manager: SecretsManagerEscrow | None = None
    """AWS Secrets Manager."""

    @property
    def configured(self) -> bool:
        """Whether there is a second copy."""
        return self.directory is not None or self.secrets_manager is not None

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.directory is not None and self.secrets_manager is not None:
            raise contradicts("has both directory and secretsManager; set only one")
        return self
