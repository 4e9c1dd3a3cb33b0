"""The examples in the documentation are valid: each one passes the check as a part of a stack file."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.command.check import check_file

CHECKOUT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACEHOLDER = "…"


def examples() -> list[dict[str, Any]]:
    """The examples in docs/operations.md that are parts of a stack file and have no placeholder."""
    blocks = _BLOCK.findall((CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8"))
    return [yaml.safe_load(block) for block in blocks if block.startswith("hoprd:") and _PLACEHOLDER not in block]


def merged(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    both = {key: merged(base[key], part[key]) for key in base.keys() & part.keys() if isinstance(base[key], dict)}
    return {**base, **part, **both}


@pytest.mark.parametrize("example", examples(), ids=",".join)
def test_an_example_in_the_documentation_is_valid(example: dict[str, Any], tmp_path: Path) -> None:
    stack = yaml.safe_load((CHECKOUT / "Pulumi.rotsee.yaml").read_text(encoding="utf-8"))
    wallet = {"hoprd:wallet": {"address": "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"}}
    file = tmp_path / "Pulumi.rotsee.yaml"
    file.write_text(yaml.safe_dump({"config": merged({**stack["config"], **wallet}, example)}), encoding="utf-8")
    assert check_file(file).problems == []


def test_the_documentation_shows_every_source_of_the_wallet() -> None:
    wallets = [example["hoprd:wallet"] for example in examples() if "hoprd:wallet" in example]
    assert {"from", "kms", "previous", "formerAddresses"} <= {key for wallet in wallets for key in wallet}
    assert {key for wallet in wallets for key in wallet.get("from", {})} == {"kubernetesSecret", "secretsManager"}
