"""Release lines of hoprd: which image tags belong to them, and which environment variables they read.

A line is the first two numbers of a version. docs/hoprd-releases.md shows the table.
"""

import re
from dataclasses import dataclass

from config.secret_keys import HOPRD_API_TOKEN

_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)(?:[.+-].*)?")
_OF_NODES = frozenset(
    {
        "HOPRD_PASSWORD",
        HOPRD_API_TOKEN,
        "HOPRD_CONFIGURATION_FILE_PATH",
        "HOPRD_SAFE_ADDRESS",
        "HOPRD_MODULE_ADDRESS",
        "HOPRD_IDENTITY",
        "HOPRD_DATA",
        "HOPRD_HOST",
        "HOPRD_API",
        "HOPRD_API_HOST",
    }
)
_OF_NETWORKS = frozenset({"HOPRD_NETWORK"})
_OF_SESSIONS = frozenset({"HOPRD_DEFAULT_SESSION_LISTEN_HOST", "HOPRD_SESSION_PORT_RANGE"})
_LOGGING = frozenset({"RUST_BACKTRACE", "RUST_LOG"})
REMOVED_VARIABLES = frozenset({"HOPRD_HEALTH_CHECK", "HOPRD_HEALTH_CHECK_HOST"})
"""Variables that hoprd ignores since 2.1: its API answers the probes."""
RESERVED_VARIABLES = _OF_NODES | _OF_NETWORKS | _OF_SESSIONS | REMOVED_VARIABLES
"""Variables that the program sets from a node's identity, ports and volumes. The configuration must not set them."""


@dataclass(frozen=True)
class ReleaseLine:
    """A release line: its number, the release that it belongs to, and the variables that the program sets.

    has_networks: `hopr.chain.network` and `hopr.chain.protocols` choose the network. Later lines follow the network of
    their Blokli endpoint. has_probability_oracle: a network has the address of a winning probability oracle.
    """

    number: tuple[int, int]
    release: str
    variables: frozenset[str]
    has_networks: bool
    has_probability_oracle: bool

    def __str__(self) -> str:
        return ".".join(map(str, self.number))


LINES = (
    ReleaseLine(
        (2, 1),
        "saint-louis",
        _OF_NODES | _LOGGING | _OF_NETWORKS,
        has_networks=True,
        has_probability_oracle=False,
    ),
    ReleaseLine(
        (2, 2),
        "saint-louis",
        _OF_NODES | _LOGGING | _OF_NETWORKS | _OF_SESSIONS | {"HOPRD_LOG_FORMAT", "HOPRD_MAX_RPC_REQUESTS_PER_SEC"},
        has_networks=True,
        has_probability_oracle=True,
    ),
    ReleaseLine(
        (3, 0),
        "kaunas",
        _OF_NODES | _LOGGING | _OF_SESSIONS | {"HOPRD_LOG_FORMAT"},
        has_networks=False,
        has_probability_oracle=False,
    ),
)
"""The known lines, oldest first."""


def number_of(version: str) -> tuple[int, int] | None:
    """The line that an image tag names; None for a tag that is not a version, such as `latest`."""
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2])) if match else None


def line_of(version: str, release: str) -> ReleaseLine:
    """The known line that fits best: that of the version, or the newest line that is not newer, or that of `release`.

    The oldest line stands for all that are older, which the configuration refuses.
    """
    number = number_of(version)
    if number is None:
        return next(line for line in reversed(LINES) if line.release == release)
    return next((line for line in reversed(LINES) if line.number <= number), LINES[0])
