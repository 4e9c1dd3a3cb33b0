"""Fixtures of the identity tests."""

import pytest

from identity.keys import fingerprint, keyfile


@pytest.fixture
def cheap_key_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write identity files and fingerprints with a low scrypt cost, for tests whose subject is not the encryption."""
    for module in (keyfile, fingerprint):
        monkeypatch.setattr(module, "_N", 64)
