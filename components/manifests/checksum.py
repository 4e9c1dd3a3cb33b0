"""One number for a description: tells whether what is wanted has changed."""

import hashlib
import json
from typing import Any


def checksum(description: Any) -> str:
    """SHA-256 (64 hex digits) of a JSON-like value; the order of keys does not count."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
