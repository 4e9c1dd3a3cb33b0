"""Official downloads, tried only when the host accepts a connection; each file must have the published SHA-256."""

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
    """Download the programs of the tool into a folder; return False without an answer or with a wrong checksum."""
    try:
        for file in tool.downloads:
            _fetch(file, tool, destination, log)
    except (OSError, tarfile.TarError) as problem:
        print(f"no official download: {problem}", file=log, flush=True)
        return False
    return True


def _fetch(source: Download, tool: Tool, destination: Path, log: IO[str]) -> None:
    url, sums_url = fill(source.url), fill(source.sums_url)
    for address in (url, sums_url):
        if not accepts_connections(urllib.parse.urlsplit(address).netloc):
            raise OSError(
                f"{urllib.parse.urlsplit(address).hostname} does not accept a connection within {_CONNECT_TIMEOUT_S} s"
            )
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
        raise OSError(f"{name} has SHA-256 {digest.hexdigest()}, the published one is {published}")
    if name.endswith(".tar.gz"):
        _unpack(file, tool, destination)
        file.unlink()
    else:
        file.chmod(0o755)


def _published_sum(text: str, name: str) -> str:
    """Return the checksum of a file from lines `checksum  name`, or from a text that is the checksum alone."""
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
def accepts_connections(netloc: str) -> bool:
    """Return whether a host (`name` or `name:port`) accepts a connection; tried once for each command."""
    host, _, port = netloc.partition(":")
    try:
        socket.create_connection((host, int(port or 443)), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError:
        return False
    return True
