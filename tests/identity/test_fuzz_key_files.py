"""Mutated identity files: each is read, or refused with one sentence; HOPRD_FUZZ=10000 sets the number."""

import base64
from pathlib import Path

import pytest

from identity.errors import KeyfileError
from identity.keys import keyfile
from identity.keys.copies import Copy, existing_keys
from identity.keys.origin import KeyOrigin
from identity.keys.pair import NodeKeyPair
from testkit.fuzz import count, mutated
from testkit.identity.node_keys import configured

pytestmark = pytest.mark.usefixtures("cheap_key_derivation")

PASSWORD = "planted password"  # pragma: allowlist secret
DATA = Path(__file__).parent / "data"


@pytest.fixture
def originals() -> list[bytes]:
    keys = NodeKeyPair.generate()
    text = keyfile.write(keys, PASSWORD).encode()
    return [text, base64.b64encode(text), b" " + text + b"\n"]


def test_no_mutated_file_ends_in_another_error_than_a_sentence(originals: list[bytes]) -> None:
    secrets = configured(PASSWORD).run.secrets
    outcomes = {"read": 0, "refused": 0}
    for seed in range(count()):
        data = mutated(seed, originals[seed % len(originals)])
        text = data.decode(errors="surrogateescape" if seed % 2 else "replace")
        origin = KeyOrigin("core-1", "core", "rotsee", "random", imported=text)
        for read in (
            lambda data=data: keyfile.read(data, PASSWORD),
            lambda origin=origin: origin.opened(secrets),
            lambda text=text: existing_keys([Copy("the copy", text)], secrets),
        ):
            try:
                read()
                outcomes["read"] += 1
            except KeyfileError as error:
                outcomes["refused"] += 1
                message = str(error)
                assert message.isprintable(), (seed, message)
                assert len(message) < 700, (seed, message)
                assert PASSWORD not in message
            except Exception as error:
                raise AssertionError(f"seed {seed}: {data!r}") from error
    assert outcomes["refused"] > outcomes["read"] > 0
