"""Fingerprints of identity files: they show that a password opens a file, without decrypting it.

A fingerprint is an HMAC of the file's text and its node, with a key that scrypt derives from the password. The salt
depends only on the wallet, so a run derives one key instead of decrypting each file. To test a guessed password with a
fingerprint costs four times as much as with the file itself (docs/decisions.md).
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from typing import NamedTuple

_N, _R, _P = 32_768, 8, 1  # four times the cost of an identity file
_PURPOSE = b"hoprd-pulumi identity file fingerprint v1:"


class NodeIds(NamedTuple):
    """The public ids of a node."""

    native_address: str
    peer_id: str


class Fingerprints:
    """Makes and checks fingerprints with one password. Threads share it: each salt's key is derived once.

    New fingerprints get the salt of the wallet; a recorded one keeps its salt after a change of wallet.
    """

    def __init__(self, password: str, wallet: str) -> None:
        self._password = password.encode()
        self._salt = hashlib.sha256(_PURPOSE + wallet.encode()).hexdigest()
        self._keys: dict[str, bytes] = {}
        self._deriving = threading.Lock()

    def of(self, text: str, node: NodeIds) -> dict[str, str]:
        """Return the fingerprint of a file's text, as stored in the state."""
        return {"salt": self._salt, "mac": self._mac(self._salt, text, node)}

    def match(self, recorded: Mapping[str, str], text: str, node: NodeIds) -> bool:
        """Return whether the fingerprint was made for this text and node with this password."""
        return hmac.compare_digest(self._mac(recorded["salt"], text, node), recorded["mac"])

    def _mac(self, salt: str, text: str, node: NodeIds) -> str:
        return hmac.new(self._key(salt), json.dumps([text, *node]).encode(), hashlib.sha256).hexdigest()

    def _key(self, salt: str) -> bytes:
        with self._deriving:
            if salt not in self._keys:
                self._keys[salt] = hashlib.scrypt(
                    self._password, salt=bytes.fromhex(salt), n=_N, r=_R, p=_P, dklen=32, maxmem=256 * _N * _R
                )
            return self._keys[salt]
