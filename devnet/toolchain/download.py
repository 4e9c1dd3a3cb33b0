"""Official downloads, tried only where the host answers at once; what arrives must have the published SHA-256."""

import hashlib
import socket
import tarfile
import urllib.parse
import urllib.request
from functools import cache
from pathlib import Path
from typing import IO

from devnet.toolchain.catalog import Download, Tool, fill

_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 30


def download(tool: Tool, destination: Path, log: IO[str]) -> bool:
    """Put the programs of the tool into a folder; False where there is no answer or a wrong checksum."""
    try:
        for desired in tool.downloads:
            _fetch(desired, tool, destination, log)
    except (OSError, tarfile.TarError) as problem:
        print(f"no official download: {problem}", file=log, flush=True)
        return False
    return True


def _fetch(desired: Download, tool: Tool, destination: Path, log: IO[str]) -> None:
    url, sums_url = fill(desired.url), fill(desired.sums_url)
    for address in (url, sums_url):
        if not answers(urllib.parse.urlsplit(address).netloc):
            raise OSError(f"{urllib.parse.urlsplit(address).hostname} does not answer within {_CONNECT_TIMEOUT_S} s")
    print("downloading", url, file=log, flush=True)
    name = url.rsplit("/", 1)[1]
    file = destination / name
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=_READ_TIMEOUT_S) as answer, file.open("wb") as target:  # noqa: S310
        while chunk := answer.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    with urllib.request.urlopen(sums_url, timeout=_READ_TIMEOUT_S) as answer:  # noqa: S310
        published = _published_sum(answer.read().decode(), name)
    if digest.hexdigest() != published:
        raise OSError(f"{name} has SHA-256 {digest.hexdigest()}, published is {published}")
    if name.endswith(".tar.gz"):
        _unpack(file, tool, destination)
        file.unlink()
    else:
        file.chmod(0o755)


def _published_sum(text: str, name: str) -> str:
    """The sum of a file from lines `sum  name`, or from a file that holds nothing but the sum."""
    lines = [line.split() for line in text.splitlines() if line.split()]
    if len(lines) == 1 and len(lines[0]) == 1:
        return lines[0][0]
    return next((line[0] for line in lines if line[-1].lstrip("*") == name), "nothing")


def _unpack(archive: Path, tool: Tool, destination: Path) -> None:
    with tarfile.open(archive) as members:
        for member in members:
            name = Path(member.name).name
            content = members.extractfile(member) if name in tool.programs and member.isfile() else None
            if content is not None:
                (destination / name).write_bytes(content.read())
                (destination / name).chmod(0o755)


@cache
def answers(netloc: str) -> bool:
    """Whether a host (`name` or `name:port`) takes a connection at once; asked once for each command."""
    host, _, port = netloc.partition(":")
    try:
        socket.create_connection((host, int(port or 443)), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError:
        return False
    return True
