"""Stack files for the tests of `python -m config check`."""

from pathlib import Path
from typing import Any

import yaml

from testkit.config.sample import changed

SECURE = {"secure": "v1:AAAA:BBBB"}


def write_stack_file(folder: Path, raw: dict[str, Any]) -> Path:
    """Write a configuration as `Pulumi.staging.yaml`."""
    file = folder / "Pulumi.staging.yaml"
    file.write_text(yaml.safe_dump({"config": {f"hoprd:{key}": value for key, value in raw.items()}}, sort_keys=False))
    return file


def encrypted(changes: dict[str, Any]) -> dict[str, Any]:
    """The sample with changes; its secrets are encrypted."""
    raw = changed(changes)
    raw["wallet"] = {"privateKey": SECURE, "identityPassword": SECURE, "apiToken": SECURE}
    raw["chain"]["rpcUrl"] = SECURE
    return raw
