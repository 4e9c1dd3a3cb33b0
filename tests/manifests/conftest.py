"""Golden files: `pytest tests/manifests --update-golden` writes the manifests of the builders for review."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

GOLDEN = Path(__file__).parents[1] / "golden"


class _Literal(yaml.SafeDumper):
    """Writes multi-line strings as blocks, so that scripts and nested YAML are readable."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Literal.add_representer(str, _text)
_Literal.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the current manifests to tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """`golden("node/deployment", manifest)` compares the documents with `tests/golden/node/deployment.yaml`."""

    def compare(name: str, *documents: dict[str, Any]) -> None:
        path = GOLDEN / f"{name}.yaml"
        text = yaml.dump_all(documents, Dumper=_Literal, sort_keys=False, width=120, allow_unicode=True)
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"{path} is missing: run pytest tests/manifests --update-golden and review it"
        assert list(yaml.safe_load_all(path.read_text())) == list(documents)

    return compare
