"""Settings of small stacks, made from the seed example."""

from collections.abc import Callable
from typing import Any

import pytest

from config.models.settings import Settings
from testkit.manifests import samples


@pytest.fixture
def stack() -> Callable[..., Settings]:
    """`stack(replicas=7, platform={"monitoring": False})`: 3 identities and 2 nodes of the seed, with changes."""

    def make(*, pool: dict[str, Any] | None = None, platform: dict[str, Any] | None = None, **cluster: Any) -> Settings:
        return samples.settings(
            pools={samples.POOL_NAME: samples.POOL.model_copy(update={"size": 3, **(pool or {})})},
            platform=samples.PLATFORM.model_copy(update=platform or {}),
            clusters={samples.CLUSTER_NAME: samples.CLUSTER.model_copy(update={"replicas": 2, **cluster})},
        )

    return make
