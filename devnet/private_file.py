"""Files that only this user may read, from the first byte on."""

import os
from pathlib import Path


def write(path: Path, content: str) -> None:
    """Write it with mode 0600, in place of what was there."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
