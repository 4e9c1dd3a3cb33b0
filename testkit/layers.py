"""The layers of the test suite: which folder belongs to which layer, and how long each layer took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"

LAYERS = {
    "unit": "only the code: no program is started, built or downloaded",
    "program": "the program registers its resources with an engine that records them",
    "chain": "an EVM chain (anvil) with the contracts",
    "cluster": "a Kubernetes control plane, devnet and the stand-in provider",
    "e2e": "the Pulumi engine runs the program",
}
WITHOUT_TOOLS = ("unit", "program")
FOLDERS = {
    "config": "unit",
    "identity": "unit",
    "manifests": "unit",
    "components": "unit",
    "summary": "unit",
    "program": "program",
    "standin": "unit",
    "devnet": "unit",
    "chain": "chain",
    "cluster": "cluster",
    "provider": "cluster",
    "e2e": "e2e",
}


def layer_of(path: Path) -> str | None:
    """Return the layer of a file or folder below tests, or None for tests itself, other folders and files.

    Files that are directly in tests check the repository and belong to the unit layer.
    """
    if not path.is_relative_to(TESTS) or path == TESTS:
        return None
    first = path.relative_to(TESTS).parts[0]
    return "unit" if first.endswith(".py") else FOLDERS.get(first)


class LayerError(Exception):
    """A test is in a folder without a layer, or uses devnet in the unit layer."""


def require_layer(test_id: str, fixtures: Collection[str]) -> str:
    """Return the layer of a test (`tests/chain/test_pool.py::test_name`); raise LayerError.

    The guard of layers without tools patches for one test, and fixtures of the session are set up before that. So a
    test that requests devnet is rejected here.
    """
    layer = layer_of(TESTS.parent / test_id.partition("::")[0])
    if layer is None:
        raise LayerError(f"{test_id}: its folder has no layer; add it to FOLDERS in testkit/layers.py")
    if layer in WITHOUT_TOOLS and "devnet_home" in fixtures:
        raise LayerError(f"{test_id}: a {layer} test cannot use devnet; move it to tests/cluster or tests/e2e")
    return layer


@dataclass
class Durations:
    """The number of tests of each layer, and the seconds that their setup, call and teardown took together."""

    tests: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, layer: str, seconds: float, *, ended: bool) -> None:
        """Count one phase of a test; `ended` says that it is the test's last phase."""
        self.seconds[layer] += seconds  # type: ignore[assignment]  # a Counter adds floats as well
        self.tests[layer] += int(ended)

    def lines(self) -> list[str]:
        """Return one line for each layer that ran, in the order of LAYERS."""
        return [
            f"{layer:<8} {self.tests[layer]:>5} tests {self.seconds[layer]:>7.0f} s   {LAYERS[layer]}"
            for layer in LAYERS
            if self.tests[layer]
        ]
