"""Fixtures of the identity tests."""

import pytest

from identity.keys import keyfile


@pytest.fixture
def cheap_key_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write identity files with a low scrypt cost, for tests whose subject is not the encryption."""
    monkeypatch.setattr(keyfile, "_N", 64)
