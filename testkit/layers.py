"""The layers of the test suite: which folder belongs to which layer, and how long each layer took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"

LAYERS = {
    "unit": "nothing but the code: no program is started, built or downloaded",
    "chain": "an EVM chain (anvil) with the contracts",
    "cluster": "a Kubernetes control plane, devnet and the stand-in provider",
    "e2e": "the Pulumi engine runs the program",
}
FOLDERS = {
    "config": "unit",
    "identity": "unit",
    "manifests": "unit",
    "components": "unit",
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
