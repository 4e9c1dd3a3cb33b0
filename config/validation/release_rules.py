"""Rules about the version of hoprd: it belongs to the release, and the program knows its release line."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.clusters import Workload
from config.models.releases import LINES, line_of, number_of
from config.validation.partial import PartialSettings

_KNOWN = ", ".join(map(str, LINES[:-1])) + f" and {LINES[-1]}"


def _versions(settings: PartialSettings) -> Iterator[Problem]:
    for path, workload in settings.workloads():
        number = number_of(workload.version)
        if number is None:
            continue
        line = line_of(workload.version, workload.supported_release)
        if number < LINES[0].number:
            yield Problem(
                f"{path}.version",
                f"'{workload.version}' is older than {LINES[0]}; this program runs the release lines {_KNOWN}",
            )
        elif line.number == number and line.release != workload.supported_release:
            yield Problem(
                f"{path}.supportedRelease",
                f"'{workload.supported_release}' is not the release of version {workload.version}; set it to "
                f"'{line.release}'",
            )


def unknown_lines(settings: PartialSettings) -> Iterator[Problem]:
    """Warnings about versions whose variables the program does not know, and about tags that move."""
    for path, workload in settings.workloads():
        number, line = number_of(workload.version), line_of(workload.version, workload.supported_release)
        if number is None:
            yield Problem(
                f"{path}.version",
                f"'{workload.version}' is not a version, so its image may change; the program treats it as {line} "
                f"because of supportedRelease: {workload.supported_release}",
            )
        elif number > line.number:
            yield Problem(
                f"{path}.version",
                f"release line {number[0]}.{number[1]} is unknown to this program, which treats it as {line}; known "
                f"are {_KNOWN}",
            )


def nodes_without_a_network(settings: PartialSettings) -> Iterator[Problem]:
    """Warnings about nodes that take their network from a Blokli endpoint, and name none."""
    for path, workload in settings.workloads():
        if not line_of(workload.version, workload.supported_release).has_networks and not names_blokli(workload):
            yield Problem(
                f"{path}.config",
                f"names no Blokli endpoint, and hoprd {workload.version} takes its network from there, not from "
                "HOPRD_NETWORK; set HOPRD_PROVIDER in deployment.env to the endpoint of the stack's network",
            )


def names_blokli(workload: Workload) -> bool:
    """Whether the variables or the configuration of a node name a Blokli endpoint."""
    in_environment = any(entry["name"] == "HOPRD_PROVIDER" for entry in workload.deployment.env or [])
    return in_environment or "blokli_url" in workload.config or "provider:" in workload.config


RELEASE_RULES = (_versions,)
