"""What the configuration asks for, in the terms of the recorded state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from config.models.settings import Settings


@dataclass(frozen=True)
class Planned:
    """The stack after the run; everything is empty after a destroy."""

    identities: frozenset[str] = frozenset()
    """All identities, retired ones too: their keys stay."""
    in_service: frozenset[str] = frozenset()
    pools: frozenset[str] = frozenset()
    namespace: str | None = None
    """The namespace of all objects."""
    owns_namespace: bool = False
    storage_class: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    """The version of each node."""
    enabled: frozenset[str] = frozenset()
    """The nodes that run."""
    escrowed: bool = False
    """Whether an escrow has copies of the keys, after a destroy too."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what these settings ask for."""
        platform, workloads = settings.platform, settings.workloads()
        in_service = {name: pool.in_service(name) for name, pool in settings.pools.items()}
        return cls(
            identities=frozenset(
                identity for name, pool in settings.pools.items() for identity in pool.identity_names(name)
            ),
            in_service=frozenset(identity for names in in_service.values() for identity in names),
            pools=frozenset(settings.pools),
            namespace=platform.namespace,
            owns_namespace=platform.create_namespace,
            storage_class=platform.persistence.storage_class,
            versions={name: node.workload.version for name, node in workloads.items()},
            enabled=frozenset(name for name, node in workloads.items() if node.workload.enabled),
            escrowed=settings.escrow.configured,
        )

    @classmethod
    def destroyed(cls, settings: Settings) -> Self:
        """Return what a destroy leaves."""
        return cls(escrowed=settings.escrow.configured)
