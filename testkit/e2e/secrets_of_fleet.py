"""Every secret of a fleet, the forms in which one could show itself, and the search for them."""

import base64
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path

from identity.keys import keyfile
from testkit.e2e.fleet import Fleet

_SHORTEST = 20  # what is shorter is found by chance
_GZIP = b"\x1f\x8b"


def secrets_of(fleet: Fleet) -> dict[str, str]:
    """Configured secrets and the keys of all nodes, by a name that may be shown."""
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
    """The encrypted keys of each node: their custom resources show them, nothing else does."""
    return {f"file of {name}": item["spec"]["identityFile"] for name, item in fleet.objects("identityhoprd").items()}


def read_files(*places: Path) -> bytes:
    """All that these files and all files in these folders hold, unpacked."""
    files = [file for place in places for file in (place, *place.rglob("*")) if file.is_file()]
    held = [file.read_bytes() for file in files]
    return b"\n".join(gzip.decompress(content) if content.startswith(_GZIP) else content for content in held)


def leaks(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which secret is in which place, in any of its forms."""
    assert all(len(secret) >= _SHORTEST for secret in secrets.values())
    lowered = {place: content.lower() for place, content in places.items()}
    return [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, content in lowered.items()
        if any(form.lower() in content for form in _forms(secret))
    ]


def _forms(secret: str) -> Iterator[bytes]:
    """As it is, and in base64 wherever it stands in what was encoded; of hex, also the bytes and the number."""
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
    """The characters that depend on nothing before or after the secret, for each of three places to begin at."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret).rstrip(b"=")
        inner = encoded[-(-before * 8 // 6) : -1]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))
