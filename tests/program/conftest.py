"""Settings of small stacks, derived from the example of the golden files."""

from collections.abc import Callable
from typing import Any

import pytest

from config.models.settings import Settings
from testkit.components.recording_engine import Engine, run
from testkit.manifests import samples


@pytest.fixture(scope="session")
def example() -> Engine:
    """One run of the example with 7 identities and 5 nodes, for tests that only read what it registered."""
    return run(samples.settings())


@pytest.fixture(scope="session")
def small_example(stack: Callable[..., Settings]) -> Engine:
    """One run of the example with 3 identities and 2 nodes, for tests that only read what it registered."""
    return run(stack())


@pytest.fixture(scope="session")
def stack() -> Callable[..., Settings]:
    """`stack(replicas=7, platform={"monitoring": False})`: the example with 3 identities, 2 nodes and changes."""

    def make(*, pool: dict[str, Any] | None = None, platform: dict[str, Any] | None = None, **cluster: Any) -> Settings:
        return samples.settings(
            pools={samples.POOL_NAME: samples.POOL.model_copy(update={"size": 3, **(pool or {})})},
            platform=samples.PLATFORM.model_copy(update=platform or {}),
            clusters={samples.CLUSTER_NAME: samples.CLUSTER.model_copy(update={"replicas": 2, **cluster})},
        )

    return make
