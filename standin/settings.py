"""The provider's configuration: from the stack (`kubernetes:…`), an explicit provider resource, or the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import ProviderError

_PREFIX = "kubernetes:config:"


@dataclass(frozen=True)
class Settings:
    """The settings from Configure. Names, environment variables and defaults are those of the official provider."""

    variables: Mapping[str, str]
    secrets_accepted: bool
    config_maps_mutable: bool
    secrets_mutable: bool
    delete_unreachable: bool
    skip_update_unreachable: bool
    upserts_existing: bool

    @classmethod
    def read(cls, variables: Mapping[str, str], *, secrets_accepted: bool) -> Settings:
        """Read the settings; raise ProviderError for those that this provider does not support."""
        own = {key.removeprefix(_PREFIX): value for key, value in variables.items() if key.startswith(_PREFIX)}
        if not _switch(own, "enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", default=True):
            raise ProviderError(
                "the stand-in provider supports only server-side apply; remove kubernetes:enableServerSideApply"
            )
        if own.get("renderYamlToDirectory"):
            raise ProviderError("the stand-in provider does not render YAML; remove kubernetes:renderYamlToDirectory")
        return cls(
            variables=own,
            secrets_accepted=secrets_accepted,
            config_maps_mutable=_switch(own, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
            secrets_mutable=_switch(own, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
            delete_unreachable=_switch(own, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
            skip_update_unreachable=_switch(own, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
            upserts_existing=_switch(own, "upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
        )


def _switch(own: Mapping[str, str], name: str, variable: str, *, default: bool = False) -> bool:
    value = own.get(name) or os.environ.get(variable)
    return default if not value else value == "true"
