"""The secrets of a fleet, the encodings in which they could appear, and the search for them."""

import base64
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path

from identity.keys import keyfile
from testkit.e2e.fleet import Fleet

_SHORTEST = 20  # shorter text could occur by chance
_GZIP = b"\x1f\x8b"


def secrets_of(fleet: Fleet) -> dict[str, str]:
    """Return the configured secrets and the keys of all nodes, by a public name."""
    password = fleet.secret("identityPassword")
    files = identity_files(fleet).values()
    keys = [key for file in files if (key := keyfile.read(base64.b64decode(file), password).keys)]
    return {
        "wallet key": fleet.secret("privateKey").removeprefix("0x"),
        "identity password": password,
        "API token": fleet.secret("apiToken"),
        **{f"chain key {number}": key.chain_key.hex() for number, key in enumerate(keys, start=1)},
        **{f"packet key {number}": key.packet_key.hex() for number, key in enumerate(keys, start=1)},
    }


def identity_files(fleet: Fleet) -> dict[str, str]:
    """Return the encrypted keys of each node, which only their custom resources contain."""
    return {f"file of {name}": item["spec"]["identityFile"] for name, item in fleet.objects("identityhoprd").items()}


def read_files(*paths: Path) -> bytes:
    """Return the decompressed content of these files and of all files in these folders."""
    files = [file for path in paths for file in (path, *path.rglob("*")) if file.is_file()]
    contents = [file.read_bytes() for file in files]
    return b"\n".join(gzip.decompress(content) if content.startswith(_GZIP) else content for content in contents)


def leaks(secrets: Mapping[str, str], locations: Mapping[str, bytes]) -> list[str]:
    """Return each secret with each location that contains it, in any encoding."""
    assert all(len(secret) >= _SHORTEST for secret in secrets.values())
    lowered = {location: content.lower() for location, content in locations.items()}
    return [
        f"{name} in {location}"
        for name, secret in secrets.items()
        for location, content in lowered.items()
        if any(encoded.lower() in content for encoded in _encodings(secret))
    ]


def _encodings(secret: str) -> Iterator[bytes]:
    """Yield the text, and its base64 at any offset of the encoded data; for hex, also the bytes and the number."""
    yield secret.encode()
    yield from _base64(secret.encode())
    try:
        raw = bytes.fromhex(secret)
    except ValueError:
        return
    yield raw
    yield str(int.from_bytes(raw, "big")).encode()
    yield from _base64(raw)


def _base64(secret: bytes) -> Iterator[bytes]:
    """Yield the characters that do not depend on the data around the secret, for each of three offsets."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret).rstrip(b"=")
        inner = encoded[-(-before * 8 // 6) : -1]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))
